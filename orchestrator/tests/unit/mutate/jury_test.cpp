// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/jury.hpp"

#include "verdict/records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>
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

Jury jury_of(std::vector<Claim> claims, const Trials& baseline, std::set<std::string> on_time = {}) {
  experiment::Experiment experiment;
  experiment.claims = std::move(claims);
  return {std::move(experiment), baseline, "new", std::move(on_time)};
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
  EXPECT_THAT(jury.notices({mutant_with(0), mutant_with(60)}), IsEmpty()) << "a doubt";
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
  const Trials trials = {verdict::record_of("new", 0, {{"swapoff_us", 3}, {"retries", 0}, {"touches", 1}})};
  auto sure = claim_with("sure", experiment::ThresholdRule{{"retries", ""}, {{"new", at_most(5)}}});
  const auto jury = jury_of({quick, sure}, trials, {"quick"});
  const auto notices = jury.notices({mutant_with({{"swapoff_us", 30}, {"retries", 60}, {"touches", 1}})});
  EXPECT_THAT(notices, ElementsAre(is(Killer::claim, "sure", "workload", "60"),
                                   is(Killer::claim, "quick", "workload", "30")))
      << "the surest first";
  EXPECT_FALSE(notices.front().by_time);
  EXPECT_TRUE(notices.back().by_time);
}

TEST(Jury, ATimeOutMayBeTheHostsFault) {
  const auto late =
      verdict::ended("3c5d", Outcome::fail, "the workload did not finish within its time-out: 120 s");
  const auto jury = jury_of({threshold(), never(CountedEvent::Kind::failure, "")}, baseline());
  const auto notices = jury.notices({late});
  EXPECT_THAT(notices, ElementsAre(is(Killer::claim, "never", "workload", "1 of 1"),
                                   is(Killer::check, "", "workload", "time-out"),
                                   is(Killer::undecided, "threshold", "workload", "time-out")));
  for (const auto& notice : notices) {
    EXPECT_TRUE(notice.by_time) << notice.why;
  }
  const auto both = jury_of({threshold()}, baseline()).notices({late, failed_check()});
  EXPECT_THAT(both.front(), is(Killer::check, "", "workload", "page 3 differs"));
  EXPECT_FALSE(both.front().by_time) << "that page is nobody's fault but the mutant's";
}

TEST(Jury, AWorkloadThatSkipsLeavesItsClaimsUndecided) {
  const auto skipped = verdict::ended("3c5d", Outcome::skip, "no userfaultfd");
  const auto jury = jury_of({threshold()}, baseline());
  EXPECT_THAT(jury.notices({skipped}),
              ElementsAre(is(Killer::undecided, "threshold", "workload", "skip: no userfaultfd")));
  EXPECT_THAT(jury.notices({skipped, mutant_with(0)}), IsEmpty()) << "one trial decides it";
}

TrialRecord further(std::int64_t retries, unsigned number, const std::string& machine = "machine") {
  auto record = mutant_with(retries);
  record.key.repeat = 1000 + number;
  record.key.machine = machine;
  return record;
}

TEST(Jury, DoubtsAClaimThatTrialsDoNotAgreeAbout) {
  const auto jury = jury_of({threshold()}, baseline());
  EXPECT_THAT(jury.doubts({mutant_with(0), mutant_with(1), mutant_with(0)}), IsEmpty()) << "it holds";
  EXPECT_THAT(jury.doubts({mutant_with(60), mutant_with(70)}), IsEmpty()) << "it is refuted";
  Trials trials = {mutant_with(0), mutant_with(60), mutant_with(0)};
  const auto doubts = jury.doubts(trials);
  ASSERT_EQ(doubts.size(), 1U);
  EXPECT_EQ(doubts[0].claim, "threshold");
  EXPECT_EQ(doubts[0].workload, "workload");
  EXPECT_EQ(doubts[0].trials, 5U) << "as many as the claim asks for";
  for (unsigned number = 0; number < 5; ++number) {
    trials.push_back(further(0, number));
    EXPECT_EQ(jury.settled(doubts[0], trials, 1000), std::nullopt) << number;
  }
  trials.back() = further(60, 4);
  const auto settled = jury.settled(doubts[0], trials, 1000);
  ASSERT_TRUE(settled);
  EXPECT_THAT(*settled, is(Killer::claim, "threshold", "workload", "2 of 8 trials of new are not <= 0.05"));
}

TEST(Jury, DoubtsAClaimThatOneMachineRefutes) {
  const auto jury = jury_of({threshold()}, baseline());
  Trials trials = {mutant_with(0), further(60, 0, "sun"), mutant_with(0)};
  const auto doubts = jury.doubts(trials);
  ASSERT_EQ(doubts.size(), 1U);
  EXPECT_EQ(doubts[0].machine, "sun");
  trials.push_back(further(60, 1, "sun"));
  EXPECT_TRUE(jury.settled(doubts[0], trials, 1001));
}

TEST(Jury, DoubtsNoTime) {
  EXPECT_THAT(jury_of({threshold()}, baseline(), {"threshold"}).doubts({mutant_with(0), mutant_with(60)}),
              IsEmpty());
}

TEST(Jury, WhatNeverHappensIsRefutedByOneTrialOfMany) {
  const auto jury = jury_of({never(CountedEvent::Kind::finding, "Bad page")}, baseline());
  const Trials trials = {mutant_with(0), mutant_with(0), complaint("BUG: Bad page state")};
  EXPECT_THAT(jury.notices(trials), ElementsAre(is(Killer::claim, "never", "workload", "1 of 3")));
  EXPECT_THAT(jury.doubts(trials), IsEmpty());
}

TEST(Jury, DoubtsATestThatFindsNoDifferenceAnyMore) {
  experiment::Comparison comparison;
  comparison.base = "old";
  comparison.head = "new";
  comparison.effect = 5;
  auto less = claim_with("less", experiment::MeasurementRule{{"retries", ""}, comparison});
  Trials trials;
  verdict::add_passed(trials, "old", {100, 99, 101, 98, 102, 97, 103, 96});
  verdict::add_passed(trials, "new", {10, 11, 12, 9, 8, 13, 14, 7});
  const auto jury = jury_of({less}, trials);
  ASSERT_THAT(jury.held(), ElementsAre("less"));
  Trials mutant;
  verdict::add_passed(mutant, "3c5d", {90, 112, 85, 107, 91, 94, 102, 89});
  EXPECT_THAT(jury.notices(mutant), IsEmpty());
  const auto doubts = jury.doubts(mutant);
  ASSERT_EQ(doubts.size(), 1U);
  EXPECT_EQ(doubts[0].trials, 8U) << "as many as it held over";
  auto alike = mutant;
  auto better = mutant;
  for (unsigned number = 0; number < 8; ++number) {
    EXPECT_EQ(jury.settled(doubts[0], alike, 1000), std::nullopt) << "not all of them were run";
    alike.push_back(further(mutant[number].counters[0].value, number));
    better.push_back(further(10 + number, number));
  }
  const auto settled = jury.settled(doubts[0], alike, 1000);
  ASSERT_TRUE(settled);
  EXPECT_EQ(settled->killer, Killer::undecided);
  EXPECT_EQ(jury.settled(doubts[0], better, 1000), std::nullopt);
}

}  // namespace
}  // namespace assay::mutate
