// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/records.hpp"
#include "verdict/sides.hpp"
#include "verdict/verdict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::verdict {
namespace {

using experiment::Comparison;
using experiment::CountedEvent;
using experiment::Direction;
using experiment::MeasurementRule;
using experiment::NeverRule;
using experiment::ProportionRule;
using ::testing::HasSubstr;
using trial::Outcome;

const std::vector<std::int64_t> low{10, 11, 12, 13, 14};
const std::vector<std::int64_t> high{20, 21, 22, 23, 24};
const std::vector<std::int64_t> mixed{9, 12, 11, 15, 13};

experiment::Experiment experiment_of(std::vector<experiment::Rule> rules) {
  experiment::Experiment experiment;
  experiment.variants = {{"old", "k"}, {"new", "k"}};
  experiment.machines.emplace_back();
  experiment.workloads = {{"workload", "w", {}, {}, {}}};
  for (auto& rule : rules) {
    experiment::Claim claim;
    claim.id = "c" + std::to_string(experiment.claims.size());
    claim.workload = "workload";
    claim.min_trials = 3;
    claim.rule = std::move(rule);
    experiment.claims.push_back(std::move(claim));
  }
  return experiment;
}

experiment::Rule measured(Direction direction, double effect, bool relative = false) {
  return MeasurementRule{{"retries", ""}, {"old", "new", direction, effect, relative, 0.95}};
}

Trials trials_of(const std::vector<std::int64_t>& old_values, const std::vector<std::int64_t>& new_values) {
  Trials trials;
  add_passed(trials, "old", old_values);
  add_passed(trials, "new", new_values);
  return trials;
}

ClaimVerdict judged(const experiment::Rule& rule, const Trials& trials) {
  return judge_all(experiment_of({rule}), trials).back();
}

TEST(Measurement, HoldsWithTheNumbersBehindIt) {
  const auto it = judged(measured(Direction::less, 0), trials_of(high, low));
  EXPECT_EQ(it.verdict, Verdict::holds);
  EXPECT_EQ(it.figure, "retries");
  EXPECT_EQ(it.rule, "new less than old, 95 % confidence, at least 3 trials each");
  ASSERT_TRUE(it.test);
  EXPECT_EQ(it.test->method, "Mann-Whitney U, exact");
  EXPECT_NEAR(it.test->p, 2.0 / 252, 1e-12);
  EXPECT_EQ(it.test->p, it.test->p_adjusted);
  EXPECT_EQ(it.test->effect.value, -10);
  EXPECT_LT(it.test->effect.interval.low, -10);
  EXPECT_GT(it.test->effect.interval.high, -10);
  ASSERT_EQ(it.sides.size(), 2U);
  EXPECT_EQ(it.sides.front().variant, "old");
  EXPECT_EQ(it.sides.front().estimate->value, 22);
  EXPECT_EQ(it.sides.back().expected, "less than old");
  EXPECT_EQ(sources_text(it.sides.back()), "#1-#5");
  EXPECT_THAT(it.reason, HasSubstr("new 12 (10 to 14) against old 22 (20 to 24): a difference of -10 ("));
  EXPECT_THAT(it.reason, HasSubstr("p = 0.0079"));
}

TEST(Measurement, IsRefutedFromTheOtherSideOfTheEffect) {
  EXPECT_EQ(judged(measured(Direction::less, 0), trials_of(low, high)).verdict, Verdict::refuted);
  // Less, but not by as much as matters.
  EXPECT_EQ(judged(measured(Direction::less, 20), trials_of(high, low)).verdict, Verdict::refuted);
  EXPECT_EQ(judged(measured(Direction::more, 0), trials_of(low, high)).verdict, Verdict::holds);
  EXPECT_EQ(judged(measured(Direction::more, 3), trials_of(low, high)).verdict, Verdict::holds);
  EXPECT_EQ(judged(measured(Direction::no_more, 3), trials_of(low, high)).verdict, Verdict::refuted);
  EXPECT_EQ(judged(measured(Direction::no_more, 8), trials_of(low, mixed)).verdict, Verdict::holds);
  EXPECT_EQ(judged(measured(Direction::no_less, 8), trials_of(low, mixed)).verdict, Verdict::holds);
  EXPECT_EQ(judged(measured(Direction::same, 8), trials_of(low, mixed)).verdict, Verdict::holds);
  EXPECT_EQ(judged(measured(Direction::same, 2), trials_of(low, high)).verdict, Verdict::refuted);
  EXPECT_EQ(judged(measured(Direction::same, 2), trials_of(high, low)).verdict, Verdict::refuted);
}

TEST(Measurement, TakesAnEffectInPartsOfBase) {
  EXPECT_EQ(judged(measured(Direction::less, 0.2, true), trials_of(high, low)).verdict, Verdict::holds);
  EXPECT_EQ(judged(measured(Direction::less, 0.7, true), trials_of(high, low)).verdict, Verdict::refuted);
  EXPECT_EQ(judged(measured(Direction::less, 0.2, true), trials_of(high, low)).sides.back().expected,
            "less than old by over 20 %");
}

TEST(Measurement, IsInconclusiveAndSaysHowManyMore) {
  const auto it = judged(measured(Direction::more, 0), trials_of(low, mixed));
  EXPECT_EQ(it.verdict, Verdict::inconclusive);
  EXPECT_EQ(it.more_trials, 0U);  // as often above as below
  EXPECT_THAT(it.reason, HasSubstr("no number of trials can be told"));
  const auto leaning = judged(measured(Direction::more, 0), trials_of(low, {10, 12, 13, 15, 16}));
  EXPECT_EQ(leaning.verdict, Verdict::inconclusive);
  EXPECT_GT(leaning.more_trials, 5U);
  EXPECT_LT(leaning.more_trials, 60U);
  EXPECT_THAT(leaning.reason, HasSubstr("more per variant would decide, if they go on like these"));
  EXPECT_FALSE(is_settled(leaning));
}

TEST(Measurement, NeedsTrialsOfBoth) {
  const auto few = judged(measured(Direction::less, 0), trials_of({5, 6}, {1, 2, 3}));
  EXPECT_EQ(few.verdict, Verdict::inconclusive);
  EXPECT_EQ(few.more_trials, 1U);
  EXPECT_FALSE(few.test);
  EXPECT_FALSE(is_settled(few));
  EXPECT_EQ(judged(measured(Direction::less, 0), {}).verdict, Verdict::not_run);
}

TEST(Measurement, OfEqualTrialsDecidesWhatEqualityDecides) {
  const std::vector<std::int64_t> ones{1, 1, 1, 1, 1};
  EXPECT_EQ(judged(measured(Direction::less, 0), trials_of(ones, ones)).verdict, Verdict::inconclusive);
  EXPECT_EQ(judged(measured(Direction::less, 0.1), trials_of(ones, ones)).verdict, Verdict::refuted);
  EXPECT_EQ(judged(measured(Direction::no_more, 0.1), trials_of(ones, ones)).verdict, Verdict::holds);
  EXPECT_EQ(judged(measured(Direction::same, 0.1), trials_of(ones, ones)).verdict, Verdict::holds);
}

TEST(Claims, ShareTheErrorBetweenThem) {
  const auto rule = measured(Direction::less, 0);
  const auto verdicts =
      judge_all(experiment_of({rule, rule, rule, rule, rule, rule, rule}), trials_of(high, low));
  ASSERT_EQ(verdicts.size(), 7U);
  EXPECT_EQ(verdicts.front().test->claims, 7U);
  EXPECT_NEAR(verdicts.front().test->p_adjusted, 14.0 / 252, 1e-12);
  EXPECT_EQ(verdicts.front().verdict, Verdict::inconclusive);
  EXPECT_EQ(verdicts.front().more_trials, 1U);
  EXPECT_THAT(verdicts.front().reason, HasSubstr("though 0.0079 of this test alone is"));
}

TEST(Claims, WithoutATestTakeNoShare) {
  const experiment::Rule threshold =
      experiment::ThresholdRule{{"retries", ""}, {{"old", {experiment::Bound::Direction::at_least, 15}}}};
  const auto verdicts =
      judge_all(experiment_of({threshold, measured(Direction::less, 0), threshold}), trials_of(high, low));
  EXPECT_EQ(verdicts[0].verdict, Verdict::holds);
  EXPECT_EQ(verdicts[1].test->claims, 1U);
  EXPECT_EQ(verdicts[1].verdict, Verdict::holds);
}

TEST(Claims, AreDecidedAtALookAndStayDecided) {
  // Far apart in the first six repeats, the other way round in the rest: only the looks that were reached
  // count.
  auto trials = trials_of({20, 21, 22, 23, 24, 25, 1, 2, 3}, {10, 11, 12, 13, 14, 15, 90, 91, 92});
  const auto experiment = experiment_of({measured(Direction::less, 0)});
  const Schedule schedule{6, 18};
  const auto at_first = judge_all(experiment, trials, schedule).front();
  EXPECT_EQ(at_first.verdict, Verdict::holds);
  EXPECT_EQ(at_first.test->look, 1U);
  EXPECT_EQ(at_first.test->looks, 3U);
  EXPECT_EQ(sources_text(at_first.sides.front()), "#1-#6");
  EXPECT_GT(at_first.test->p_adjusted, at_first.test->p);
  trials.resize(4);
  const auto before = judge_all(experiment, trials, schedule).front();
  EXPECT_EQ(before.verdict, Verdict::inconclusive);
}

trial::TrialRecord crashed(const std::string& variant, unsigned repeat, const std::string& title) {
  auto record = record_of(variant, repeat, {});
  record.outcome = Outcome::finding;
  record.findings = {{title, "00", "..."}};
  return record;
}

Trials with_crashes(unsigned of_old, unsigned of_new, unsigned each) {
  Trials trials;
  for (unsigned i = 0; i < each; ++i) {
    trials.push_back(i < of_old ? crashed("old", i, "BUG: KASAN: x") : record_of("old", i, {}));
    trials.push_back(i < of_new ? crashed("new", i, "WARNING: y") : record_of("new", i, {}));
  }
  return trials;
}

experiment::Rule counted(CountedEvent event, Direction direction, double effect) {
  return ProportionRule{std::move(event), {"old", "new", direction, effect, false, 0.95}};
}

TEST(Proportion, ComparesTrialsThatWereCounted) {
  const auto it = judged(counted({}, Direction::less, 0), with_crashes(9, 1, 10));
  EXPECT_EQ(it.verdict, Verdict::holds);
  EXPECT_EQ(it.figure, "finding");
  EXPECT_EQ(it.test->method, "Fisher's exact test");
  EXPECT_NEAR(it.test->p, 2 * 0.000546662, 1e-6);
  EXPECT_DOUBLE_EQ(it.sides.front().estimate->value, 0.9);
  EXPECT_NEAR(it.sides.front().estimate->interval.low, 0.554984, 1e-6);
  EXPECT_NEAR(it.test->effect.value, -0.8, 1e-12);
  EXPECT_EQ(it.sides.front().findings, 0U);  // they are what is counted
  EXPECT_EQ(judged(counted({}, Direction::less, 0.9), with_crashes(10, 5, 10)).verdict, Verdict::refuted);
  EXPECT_EQ(judged(counted({}, Direction::less, 0.9), with_crashes(10, 5, 10)).test->method,
            "exact test of a difference");
  EXPECT_EQ(judged(counted({}, Direction::no_more, 0.5), with_crashes(0, 0, 10)).verdict, Verdict::holds);
  EXPECT_EQ(judged(counted({}, Direction::less, 0), with_crashes(3, 1, 10)).verdict, Verdict::inconclusive);
}

TEST(Proportion, LeavesOutTrialsThatEndedOtherwise) {
  const CountedEvent kasan{CountedEvent::Kind::finding, "KASAN", {}};
  const auto it = judged(counted(kasan, Direction::less, 0), with_crashes(4, 4, 10));
  EXPECT_EQ(it.sides.front().values.size(), 10U);
  EXPECT_EQ(it.sides.back().values.size(), 6U);
  EXPECT_EQ(it.sides.back().findings, 4U);
  EXPECT_EQ(sources_text(it.sides.back()), "#5-#10");
}

TEST(Proportion, CountsChecksAndFailures) {
  Trials trials;
  for (unsigned i = 0; i < 4; ++i) {
    trials.push_back(record_of("old", i, {{"leaked", i}}));
    trials.back().checks = {{"content", i == 0, ""}};
    trials.back().outcome = i == 0 ? Outcome::pass : Outcome::fail;
  }
  trials.push_back(ended("old", Outcome::lost, "x"));
  experiment::Claim claim;
  claim.workload = "workload";
  const auto of = [&](const CountedEvent& event) { return gather_events(claim, event, "old", trials); };
  EXPECT_EQ(of({CountedEvent::Kind::check, "content", {}}).values, (std::vector<double>{0, 1, 1, 1}));
  EXPECT_EQ(of({CountedEvent::Kind::failure, "", {}}).values, (std::vector<double>{0, 1, 1, 1}));
  EXPECT_EQ(of({CountedEvent::Kind::finding, "", {}}).values, (std::vector<double>{0, 0, 0, 0}));
  EXPECT_EQ(of({CountedEvent::Kind::check, "absent", {}}).values.size(), 0U);
  EXPECT_EQ(of({CountedEvent::Kind::check, "absent", {}}).unusable, 5U);
  const experiment::Precondition leaked{{"leaked", ""}, {experiment::Bound::Direction::at_least, 0}};
  EXPECT_EQ(of({CountedEvent::Kind::figure, "", leaked}).values,
            (std::vector<double>{1}));  // only trials that passed
}

TEST(Never, IsRefutedByOneTrial) {
  const NeverRule rule{{}, {"new"}, 0, 0.95};
  EXPECT_EQ(judged(rule, with_crashes(5, 0, 5)).verdict, Verdict::holds);
  EXPECT_THAT(judged(rule, with_crashes(5, 0, 5)).reason,
              HasSubstr("none of 5 trials of new (at most 52.18 %)"));
  const auto refuted = judged(rule, with_crashes(0, 1, 5));
  EXPECT_EQ(refuted.verdict, Verdict::refuted);
  EXPECT_EQ(refuted.reason, "1 of 5 trials of new, first in #1: WARNING: y");
  EXPECT_EQ(judged(rule, with_crashes(0, 0, 2)).verdict, Verdict::inconclusive);
  EXPECT_EQ(judged(rule, with_crashes(0, 0, 2)).more_trials, 1U);
}

TEST(Never, ExcludesAProportionWhenAskedTo) {
  const NeverRule rule{{}, {"old", "new"}, 0.3, 0.95};
  const auto it = judged(rule, with_crashes(0, 0, 5));
  EXPECT_EQ(it.verdict, Verdict::inconclusive);
  EXPECT_EQ(it.more_trials, 6U);
  EXPECT_EQ(judged(rule, with_crashes(0, 0, 11)).verdict, Verdict::holds);
  EXPECT_LT(judged(rule, with_crashes(0, 0, 11)).sides.front().estimate->interval.high, 0.3);
  EXPECT_EQ(it.rule,
            "finding in no trial of old and new, at least 3 trials each, and 30 % or more excluded "
            "with 95 % confidence");
}

}  // namespace
}  // namespace assay::verdict
