// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/records.hpp"
#include "verdict/verdict.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace assay::verdict {
namespace {

using experiment::Bound;
using experiment::Claim;
using experiment::NoMoreRule;
using experiment::ThresholdRule;
using trial::Outcome;

Bound at_least(double limit) { return {Bound::Direction::at_least, limit}; }
Bound at_most(double limit) { return {Bound::Direction::at_most, limit}; }

Claim claim_with(experiment::Rule rule) {
  Claim claim;
  claim.id = "c";
  claim.says = "It is so.";
  claim.workload = "workload";
  claim.min_trials = 3;
  claim.rule = std::move(rule);
  return claim;
}

Claim threshold_claim() {
  return claim_with(ThresholdRule{{"retries", "touches"}, {{"old", at_least(0.9)}, {"new", at_most(0.05)}}});
}

Claim no_more_claim(double slack) { return claim_with(NoMoreRule{{"retries", ""}, "old", "new", slack}); }

ClaimVerdict judge(const Claim& claim, const Trials& trials) {
  return create_threshold_judge()->judge(claim, trials, {});
}

ClaimVerdict judge(const Claim& claim, const std::vector<std::int64_t>& old_retries,
                   const std::vector<std::int64_t>& new_retries) {
  Trials trials;
  add_passed(trials, "old", old_retries);
  add_passed(trials, "new", new_retries);
  return judge(claim, trials);
}

TEST(Threshold, HoldsWhenEveryTrialIsOnItsSide) {
  const auto verdict = judge(threshold_claim(), {100, 90, 99}, {0, 5, 1, 0});
  EXPECT_EQ(verdict.verdict, Verdict::holds);
  EXPECT_EQ(verdict.claim, "c");
  EXPECT_EQ(verdict.says, "It is so.");
  EXPECT_EQ(verdict.figure, "retries / touches");
  EXPECT_EQ(verdict.rule, "old >= 0.9 and new <= 0.05 in each of at least 3 trials");
  EXPECT_EQ(verdict.reason, "old 0.9..1 in 3 trials and new 0..0.05 in 4 trials");
  ASSERT_EQ(verdict.sides.size(), 2U);
  EXPECT_EQ(verdict.sides.at(0).variant, "old");
  EXPECT_EQ(verdict.sides.at(0).expected, ">= 0.9");
  EXPECT_EQ(verdict.sides.at(1).values.size(), 4U);
}

TEST(Threshold, IsRefutedByOneVariantThatIsAllWrong) {
  const auto verdict = judge(threshold_claim(), {100, 90, 99}, {99, 98, 97});
  EXPECT_EQ(verdict.verdict, Verdict::refuted);
  EXPECT_EQ(verdict.reason, "all of 3 trials of new are not <= 0.05 (0.97..0.99)");
}

TEST(Threshold, IsRefutedAlsoWhenTheOtherVariantHasNothingToSay) {
  EXPECT_EQ(judge(threshold_claim(), {}, {99, 98, 97}).verdict, Verdict::refuted);
  EXPECT_EQ(judge(threshold_claim(), {100, 0}, {99, 98, 97}).verdict, Verdict::refuted);
  Trials trials;
  add_passed(trials, "new", {99, 98, 97});
  trials.push_back(ended("old", Outcome::lost, "x"));
  EXPECT_EQ(judge(threshold_claim(), trials).verdict, Verdict::refuted);
}

TEST(Threshold, IsInconclusiveWhenTrialsDisagree) {
  const auto verdict = judge(threshold_claim(), {100, 90, 99}, {0, 98, 0, 0});
  EXPECT_EQ(verdict.verdict, Verdict::inconclusive);
  EXPECT_EQ(verdict.reason, "1 of 4 trials of new is not <= 0.05 (0..0.98)");
  EXPECT_EQ(verdict.more_trials, 0U);
  // However many more: one disagreement among few is one among many.
  EXPECT_EQ(judge(threshold_claim(), {100}, {0, 98}).more_trials, 0U);
}

TEST(Threshold, IsInconclusiveWithTooFewTrialsAndSaysHowManyMore) {
  const auto verdict = judge(threshold_claim(), {100, 100, 100}, {0});
  EXPECT_EQ(verdict.verdict, Verdict::inconclusive);
  EXPECT_EQ(verdict.more_trials, 2U);
  EXPECT_EQ(verdict.reason, "only 1 usable trial of new; 2 more per variant would decide");
  const auto wrong = judge(threshold_claim(), {100, 100, 100}, {99});
  EXPECT_EQ(wrong.verdict, Verdict::inconclusive);
  EXPECT_EQ(wrong.more_trials, 2U);
  const auto half_run = judge(threshold_claim(), {100, 100, 100}, {});
  EXPECT_EQ(half_run.verdict, Verdict::inconclusive);
  EXPECT_EQ(half_run.more_trials, 3U);
  EXPECT_EQ(judge(threshold_claim(), {100, 100}, {0}).reason,
            "only 2 usable trials of old and 1 usable trial of new; 2 more per variant would decide");
}

TEST(Threshold, IsNotRunWithoutTrials) {
  const auto verdict = judge(threshold_claim(), Trials{});
  EXPECT_EQ(verdict.verdict, Verdict::not_run);
  EXPECT_EQ(verdict.reason, "no trial was run");
  ASSERT_EQ(verdict.sides.size(), 2U);
}

TEST(Threshold, IsNotRunWhenAVariantHasNoUsableTrial) {
  Trials trials;
  add_passed(trials, "old", {100, 100, 100});
  trials.push_back(ended("new", Outcome::fail, "content differs"));
  trials.push_back(ended("new", Outcome::lost, "no answer"));
  const auto verdict = judge(threshold_claim(), trials);
  EXPECT_EQ(verdict.verdict, Verdict::not_run);
  EXPECT_EQ(verdict.reason, "no usable trial of new: fail: content differs and lost: no answer");
}

TEST(Threshold, IsNotRunWhenNoTrialDidWhatItRequires) {
  auto claim = threshold_claim();
  claim.preconditions.push_back({{"retries", ""}, at_least(1000)});
  const auto verdict = judge(claim, {100, 100, 100}, {0, 0, 0});
  EXPECT_EQ(verdict.verdict, Verdict::not_run);
  EXPECT_EQ(verdict.reason, "no usable trial of old: retries >= 1000 was not met");
  EXPECT_EQ(verdict.sides.at(1).unmet, 3U);
}

TEST(Threshold, LostTrialsCountNeitherForNorAgainst) {
  Trials trials;
  add_passed(trials, "old", {100, 100, 100});
  add_passed(trials, "new", {0, 0, 0});
  for (int i = 0; i < 20; ++i) {
    trials.push_back(ended("new", Outcome::lost, "no answer"));
  }
  const auto verdict = judge(threshold_claim(), trials);
  EXPECT_EQ(verdict.verdict, Verdict::holds);
  EXPECT_EQ(verdict.sides.at(1).unusable, 20U);
}

TEST(Threshold, FindingsAreShownWhateverTheVerdict) {
  Trials trials;
  add_passed(trials, "old", {100, 100, 100});
  add_passed(trials, "new", {0, 0, 0});
  trials.push_back(ended("new", Outcome::finding, "oops"));
  const auto verdict = judge(threshold_claim(), trials);
  EXPECT_EQ(verdict.verdict, Verdict::holds);
  EXPECT_EQ(verdict.reason, "old 1 in 3 trials and new 0 in 3 trials; 1 finding in new");
}

TEST(Threshold, ALimitThatIsNotANumberDecidesNothing) {
  for (const double limit : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    const auto claim = claim_with(ThresholdRule{{"retries", ""}, {{"old", at_most(limit)}}});
    EXPECT_EQ(judge(claim, {1, 1, 1}, {}).verdict, Verdict::not_run);
  }
  EXPECT_EQ(judge(claim_with(ThresholdRule{{"retries", ""}, {}}), {1, 1, 1}, {}).verdict, Verdict::not_run);
  EXPECT_EQ(judge(no_more_claim(std::nan("")), {1, 1, 1}, {1, 1, 1}).verdict, Verdict::not_run);
}

TEST(Threshold, ZeroOverZeroIsNoFigure) {
  Trials trials;
  for (unsigned i = 0; i < 3; ++i) {
    trials.push_back(record_of("old", i, {{"retries", 0}, {"touches", 0}}));
    trials.push_back(record_of("new", i, {{"retries", 0}, {"touches", 0}}));
  }
  const auto verdict = judge(threshold_claim(), trials);
  EXPECT_EQ(verdict.verdict, Verdict::not_run);
  EXPECT_EQ(verdict.reason, "no usable trial of old: touches was not above zero");
}

TEST(Threshold, NeedsOneTrialEvenWhereNoneIsAskedFor) {
  auto claim = threshold_claim();
  claim.min_trials = 0;
  EXPECT_EQ(judge(claim, {100}, {}).verdict, Verdict::inconclusive);
  EXPECT_EQ(judge(claim, {100}, {0}).verdict, Verdict::holds);
}

TEST(NoMore, ComparesEachTrialOfOneWithEachOfTheOther) {
  const auto holds = judge(no_more_claim(0.5), {5, 4, 6}, {4, 3, 2});
  EXPECT_EQ(holds.verdict, Verdict::holds);
  EXPECT_EQ(holds.rule, "new <= old + 0.5 in each of at least 3 trials");
  EXPECT_EQ(holds.sides.at(0).expected, "");
  EXPECT_EQ(holds.sides.at(1).expected, "<= old + 0.5");
  EXPECT_EQ(judge(no_more_claim(0), {5, 5, 5}, {5, 5, 5}).verdict, Verdict::holds);
  EXPECT_EQ(judge(no_more_claim(2), {5, 4, 6}, {6, 6, 6}).verdict, Verdict::holds);
}

TEST(NoMore, IsRefutedOnlyWhenAllOfItIsMore) {
  const auto refuted = judge(no_more_claim(1), {5, 4, 6}, {8, 9, 10});
  EXPECT_EQ(refuted.verdict, Verdict::refuted);
  EXPECT_EQ(refuted.reason, "every trial of new (8..10) has more than any of old (4..6)");
  EXPECT_EQ(judge(no_more_claim(2), {5, 4, 6}, {8, 9, 10}).verdict, Verdict::inconclusive);
}

TEST(NoMore, IsInconclusiveWhenTheyOverlap) {
  const auto verdict = judge(no_more_claim(0), {5, 4, 6}, {5, 5, 5});
  EXPECT_EQ(verdict.verdict, Verdict::inconclusive);
  EXPECT_EQ(verdict.reason, "some trial of new (5) has more than some of old (4..6)");
  EXPECT_EQ(verdict.more_trials, 0U);
}

TEST(NoMore, NeedsEnoughOfBoth) {
  EXPECT_EQ(judge(no_more_claim(0), {5, 5}, {5, 5, 5}).more_trials, 1U);
  EXPECT_EQ(judge(no_more_claim(0), {5, 5}, {9, 9, 9}).verdict, Verdict::inconclusive);
  EXPECT_EQ(judge(no_more_claim(0), {5, 5}, {9, 9, 9}).more_trials, 1U);
  EXPECT_EQ(judge(no_more_claim(0), {}, {9, 9, 9}).more_trials, 3U);
  EXPECT_EQ(judge(no_more_claim(0), {9, 9, 9}, {}).more_trials, 3U);
  EXPECT_EQ(judge(no_more_claim(0), {}, {}).verdict, Verdict::not_run);
}

TEST(JudgeAll, KeepsTheOrderOfTheExperiment) {
  experiment::Experiment experiment;
  experiment.claims = {no_more_claim(0), threshold_claim()};
  experiment.claims[0].id = "z";
  experiment.claims[1].id = "a";
  const auto verdicts = judge_all(experiment, {});
  ASSERT_EQ(verdicts.size(), 2U);
  EXPECT_EQ(verdicts.at(0).claim, "z");
  EXPECT_EQ(verdicts.at(1).claim, "a");
}

trial::TrialRecord found(const std::string& variant, const std::string& title) {
  auto record = ended(variant, Outcome::finding, title);
  record.findings.emplace_back();
  record.findings.back().title = title;
  return record;
}

experiment::Experiment of_two(std::vector<Claim> claims) {
  experiment::Experiment experiment;
  experiment.variants = {{"old", "k", {}}, {"new", "k", {}}};
  experiment.claims = std::move(claims);
  return experiment;
}

Claim kasan_claim() {
  ThresholdRule rule{{}, {{"old", at_least(1)}, {"new", at_most(0)}}};
  rule.event = experiment::CountedEvent{experiment::CountedEvent::Kind::finding, "KASAN", {}};
  return claim_with(rule);
}

TEST(Threshold, CountsTrials) {
  Trials trials;
  add_passed(trials, "new", {0, 0, 0});
  for (int i = 0; i < 3; ++i) {
    trials.push_back(found("old", "BUG: KASAN: use-after-free in f"));
  }
  EXPECT_EQ(judge(kasan_claim(), trials).verdict, Verdict::holds);
  trials.erase(trials.begin(), trials.begin() + 3);
  for (int i = 0; i < 3; ++i) {
    trials.push_back(found("new", "BUG: KASAN: use-after-free in f"));
  }
  EXPECT_EQ(judge(kasan_claim(), trials).verdict, Verdict::refuted) << "alike";
}

TEST(Threshold, TakesFiguresBesideFindingsWhereTheClaimSaysSo) {
  auto claim = threshold_claim();
  Trials trials;
  add_passed(trials, "new", {0, 0, 0});
  add_passed(trials, "old", {100, 100});
  auto record = found("old", "WARNING: at mm/gup.c:74 f");
  record.counters = {{"retries", 95}, {"touches", 100}};
  record.measured = Nanoseconds(5);
  trials.push_back(record);
  EXPECT_EQ(judge(claim, trials).verdict, Verdict::inconclusive);
  claim.with_findings = true;
  EXPECT_EQ(judge(claim, trials).verdict, Verdict::holds);
  trials.back().checks.push_back({"content", false, ""});
  EXPECT_EQ(judge(claim, trials).verdict, Verdict::inconclusive) << "its workload failed";
  trials.back().checks.clear();
  trials.back().measured = Nanoseconds(0);
  EXPECT_EQ(judge(claim, trials).verdict, Verdict::inconclusive) << "it never came to its end";
}

TEST(JudgeAll, AFindingThatNoClaimCountsIsTheFirstToBeSeen) {
  Trials trials;
  trials.push_back(found("new", "WARNING: at mm/gup.c:74 f"));
  trials.push_back(found("old", "BUG: KASAN: use-after-free in f"));
  const auto verdicts = judge_all(of_two({kasan_claim()}), trials);
  ASSERT_EQ(verdicts.size(), 2U);
  EXPECT_EQ(verdicts.front().says, "Nothing else went wrong.");
  EXPECT_EQ(verdicts.front().verdict, Verdict::refuted);
  EXPECT_EQ(verdicts.front().reason,
            "1 trial ended as a finding that no claim counts: WARNING: at mm/gup.c:74 f in "
            "new/machine/workload#100");
  trials.erase(trials.begin());
  EXPECT_EQ(judge_all(of_two({kasan_claim()}), trials).size(), 1U) << "what a claim counts is none";
  EXPECT_EQ(judge_all(of_two({threshold_claim()}), trials).size(), 2U) << "figures count no findings";
}

TEST(VerdictName, IsWhatPeopleRead) {
  EXPECT_EQ(name_of(Verdict::holds), "holds");
  EXPECT_EQ(name_of(Verdict::refuted), "refuted");
  EXPECT_EQ(name_of(Verdict::inconclusive), "inconclusive");
  EXPECT_EQ(name_of(Verdict::not_run), "not run");
}

}  // namespace
}  // namespace assay::verdict
