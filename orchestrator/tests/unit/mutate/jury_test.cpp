// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/jury.hpp"

#include "verdict/records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace assay::mutate {
namespace {

using experiment::Bound;
using experiment::Claim;
using experiment::CountedEvent;
using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using trial::Outcome;
using trial::TrialRecord;
using verdict::Counters;
using verdict::Trials;

Bound at_least(double limit) { return {Bound::Direction::at_least, limit}; }
Bound at_most(double limit) { return {Bound::Direction::at_most, limit}; }

Claim claim_with(std::string id, experiment::Rule rule) {
  Claim claim;
  claim.id = std::move(id);
  claim.says = "It is so.";
  claim.workload = "workload";
  claim.min_trials = 5;
  claim.rule = std::move(rule);
  return claim;
}

/// Without the patch each touch is tried again, with it none is.
Claim threshold() {
  return claim_with("threshold", experiment::ThresholdRule{{"retries", "touches"},
                                                           {{"old", at_least(0.9)}, {"new", at_most(0.05)}}});
}

Claim never(CountedEvent::Kind kind, std::string name) {
  CountedEvent event;
  event.kind = kind;
  event.name = std::move(name);
  return claim_with("never", experiment::NeverRule{std::move(event), {"old", "new"}});
}

Jury jury_of(std::vector<Claim> claims, const Trials& baseline) {
  experiment::Experiment experiment;
  experiment.claims = std::move(claims);
  return {std::move(experiment), baseline, "new"};
}

/// Three trials of each variant.
Trials baseline() {
  Trials trials;
  verdict::add_passed(trials, "old", {100, 99, 100});
  verdict::add_passed(trials, "new", {0, 1, 0});
  return trials;
}

TrialRecord mutant_with(const Counters& counters) { return verdict::record_of("3c5d", 0, counters); }
TrialRecord mutant_with(std::int64_t retries) {
  return mutant_with({{"retries", retries}, {"touches", 100}});
}

TrialRecord in_workload(TrialRecord record, std::string workload) {
  record.key.workload = std::move(workload);
  return record;
}

TrialRecord complaint(std::string title) {
  auto record = verdict::ended("3c5d", Outcome::finding, title);
  finding::Report report;
  report.title = std::move(title);
  record.findings.push_back(std::move(report));
  return record;
}

TrialRecord failed_check() {
  auto record = verdict::ended("3c5d", Outcome::fail, "check content: page 3 differs");
  record.checks.push_back({"content", false, "page 3 differs"});
  return record;
}

auto is(Killer killer, const std::string& claim, const std::string& workload, const std::string& why) {
  return AllOf(Field("killer", &Notice::killer, killer), Field("claim", &Notice::claim, claim),
               Field("workload", &Notice::workload, workload), Field("why", &Notice::why, HasSubstr(why)));
}

TEST(Jury, TakesClaimsThatHoldWithFewerTrialsThanTheyAskFor) {
  const auto jury = jury_of({threshold()}, baseline());
  EXPECT_THAT(jury.held(), ElementsAre("threshold"));
  EXPECT_THAT(jury.not_held(), IsEmpty());
}

TEST(Jury, LeavesOutClaimsThatDoNotHold) {
  auto refuted = claim_with("refuted", experiment::ThresholdRule{{"retries", ""}, {{"new", at_least(50)}}});
  auto untried = threshold();
  untried.id = "untried";
  untried.workload = "nothing";
  auto of_others =
      claim_with("of-others", experiment::ThresholdRule{{"retries", ""}, {{"old", at_least(1)}}});
  const auto jury = jury_of({refuted, untried, of_others, threshold()}, baseline());
  EXPECT_THAT(jury.held(), ElementsAre("threshold"));
  EXPECT_THAT(jury.not_held(), ElementsAre("refuted", "untried")) << "of others nobody asks";
  EXPECT_THAT(jury.notices({mutant_with(1)}), IsEmpty()) << "what does not hold notices nothing";
}

TEST(Jury, OneTrialRefutesAThreshold) {
  const auto jury = jury_of({threshold()}, baseline());
  EXPECT_THAT(jury.notices({mutant_with(2)}), IsEmpty());
  EXPECT_THAT(jury.notices({mutant_with(60)}),
              ElementsAre(is(Killer::claim, "threshold", "workload", "0.6")));
  EXPECT_THAT(jury.notices({mutant_with(0), mutant_with(60)}), IsEmpty()) << "trials that do not agree";
}

TEST(Jury, OneTrialRefutesAComparisonWithTheUnchangedOthers) {
  const auto jury =
      jury_of({claim_with("no-more", experiment::NoMoreRule{{"retries", ""}, "old", "new", 5})}, baseline());
  EXPECT_THAT(jury.held(), ElementsAre("no-more"));
  EXPECT_THAT(jury.notices({mutant_with(100)}), IsEmpty());
  EXPECT_THAT(jury.notices({mutant_with(400)}), ElementsAre(is(Killer::claim, "no-more", "workload", "400")));
}

TEST(Jury, OneTrialRefutesWhatNeverHappens) {
  const auto jury = jury_of({never(CountedEvent::Kind::finding, "Bad page")}, baseline());
  EXPECT_THAT(jury.held(), ElementsAre("never"));
  EXPECT_THAT(jury.notices({mutant_with(400)}), IsEmpty());
  EXPECT_THAT(jury.notices({complaint("BUG: Bad page state")}),
              ElementsAre(is(Killer::claim, "never", "workload", "1 of 1")))
      << "a finding that a claim counts is no other notice beside it";
}

TEST(Jury, TestsNeedMoreTrialsThanThat) {
  experiment::Comparison comparison;
  comparison.base = "old";
  comparison.head = "new";
  const auto jury =
      jury_of({claim_with("less", experiment::MeasurementRule{{"retries", ""}, comparison}), threshold()},
              baseline());
  EXPECT_THAT(jury.held(), ElementsAre("threshold"));
  EXPECT_THAT(jury.not_held(), ElementsAre("less"));
}

TEST(Jury, FindingsThatNoClaimCountsAreNoticed) {
  const auto jury = jury_of({threshold(), never(CountedEvent::Kind::finding, "Bad page")}, baseline());
  EXPECT_THAT(jury.notices({in_workload(complaint("BUG: Bad page state"), "other")}),
              ElementsAre(is(Killer::finding, "", "other", "Bad page state")));
  const auto both = jury.notices(
      {complaint("BUG: Bad page state"), in_workload(complaint("KASAN: use-after-free"), "other")});
  ASSERT_FALSE(both.empty());
  EXPECT_THAT(both.front(), is(Killer::finding, "", "other", "KASAN: use-after-free"))
      << "the one that is not counted";
}

TEST(Jury, ChecksThatFailAreNoticed) {
  const auto jury = jury_of({threshold()}, baseline());
  const auto notices = jury.notices({failed_check()});
  ASSERT_FALSE(notices.empty());
  EXPECT_THAT(notices.front(), is(Killer::check, "", "workload", "page 3 differs"));
  auto checked = baseline();
  for (auto& record : checked) {
    record.checks.push_back({"content", true, ""});
  }
  const auto counted = jury_of({never(CountedEvent::Kind::check, "content")}, checked);
  EXPECT_THAT(counted.notices({failed_check()}),
              ElementsAre(is(Killer::claim, "never", "workload", "1 of 1"),
                          is(Killer::check, "", "workload", "page 3 differs")))
      << "a claim is the surer one";
}

TEST(Jury, ClaimsThatCannotBeDecidedAnyMoreAreNoticedLast) {
  auto picky = threshold();
  picky.preconditions = {{{"touches", ""}, at_least(50)}};
  const auto jury = jury_of({picky}, baseline());
  EXPECT_THAT(jury.held(), ElementsAre("threshold"));
  EXPECT_THAT(jury.notices({mutant_with({{"retries", 0}, {"touches", 10}})}),
              ElementsAre(is(Killer::undecided, "threshold", "workload", "touches >= 50")));
  const auto with_failure = jury.notices({mutant_with({{"retries", 0}, {"touches", 10}}), failed_check()});
  ASSERT_EQ(with_failure.size(), 2U);
  EXPECT_EQ(with_failure.front().killer, Killer::check);
}

TEST(Jury, OneTrialOfThreeThatMeetsAPreconditionIsEnough) {
  auto picky = threshold();
  picky.preconditions = {{{"touches", ""}, at_least(50)}};
  const auto jury = jury_of({picky}, baseline());
  EXPECT_THAT(jury.notices({mutant_with({{"retries", 0}, {"touches", 10}}), mutant_with(0)}), IsEmpty());
}

TEST(Jury, WorkloadsWithoutATrialDecideNothing) {
  auto other = threshold();
  other.id = "other";
  other.workload = "other";
  auto trials = baseline();
  for (const auto& record : baseline()) {
    trials.push_back(in_workload(record, "other"));
  }
  const auto jury = jury_of({threshold(), other}, trials);
  EXPECT_THAT(jury.held(), ElementsAre("threshold", "other"));
  EXPECT_THAT(jury.notices({}), IsEmpty());
  EXPECT_THAT(jury.notices({mutant_with(0)}), IsEmpty());
  EXPECT_THAT(jury.notices({verdict::ended("3c5d", Outcome::lost, "the guest went away")}), IsEmpty());
}

TEST(Jury, TrialsOfAMachineThatDoesNotDecideShowNothing) {
  auto of_machine = threshold();
  of_machine.machines = {"machine"};
  const auto jury = jury_of({of_machine}, baseline());
  auto elsewhere = mutant_with(60);
  elsewhere.key.machine = "elsewhere";
  EXPECT_THAT(jury.notices({elsewhere}), IsEmpty());
  EXPECT_THAT(jury.notices({elsewhere, mutant_with(60)}),
              ElementsAre(is(Killer::claim, "threshold", "workload", "0.6")));
}

TEST(Jury, DisregardsAClaim) {
  auto jury = jury_of({threshold()}, baseline());
  jury.disregard("threshold");
  jury.disregard("no such claim");
  EXPECT_THAT(jury.held(), IsEmpty());
  EXPECT_THAT(jury.not_held(), ElementsAre("threshold"));
  EXPECT_THAT(jury.notices({mutant_with(60)}), IsEmpty());
  jury.disregard("threshold");
  EXPECT_THAT(jury.not_held(), ElementsAre("threshold")) << "once";
}

TEST(Jury, SaysWhatABusyHostMayHaveDone) {
  auto quick = claim_with("quick", experiment::ThresholdRule{{"swapoff_us", ""}, {{"new", at_most(10)}}});
  auto careful = claim_with("careful", experiment::ThresholdRule{{"retries", ""}, {{"new", at_most(5)}}});
  careful.preconditions = {{{"waited_ms", "touches"}, at_least(1)}};
  Trials trials = {
      verdict::record_of("new", 0, {{"swapoff_us", 3}, {"retries", 0}, {"touches", 1}, {"waited_ms", 9}})};
  const auto jury = jury_of({quick, careful, threshold()}, trials);
  const auto notices =
      jury.notices({mutant_with({{"swapoff_us", 30}, {"retries", 60}, {"touches", 1}, {"waited_ms", 9}})});
  ASSERT_EQ(notices.size(), 2U) << "no trials of the others decide nothing";
  EXPECT_TRUE(notices.front().by_time);
  EXPECT_TRUE(notices.back().by_time);
  EXPECT_FALSE(jury_of({threshold()}, baseline()).notices({mutant_with(60)}).front().by_time);
}

}  // namespace
}  // namespace assay::mutate
