// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/sides.hpp"

#include "verdict/records.hpp"

#include <gtest/gtest.h>

namespace assay::verdict {
namespace {

using experiment::Bound;
using experiment::Claim;
using experiment::Figure;
using trial::Outcome;

const Figure rate{"retries", "touches"};

Claim claim_on(const std::string& workload) {
  Claim claim;
  claim.id = "c";
  claim.workload = workload;
  return claim;
}

TEST(ValueOf, IsACounterOrARatio) {
  const auto record = record_of("a", 0, {{"retries", 3}, {"touches", 4}, {"zero", 0}, {"negative", -2}});
  EXPECT_EQ(value_of({"retries", ""}, record), 3.0);
  EXPECT_EQ(value_of(rate, record), 0.75);
  EXPECT_EQ(value_of({"negative", "touches"}, record), -0.5);
  EXPECT_EQ(value_of({"zero", "touches"}, record), 0.0);
}

TEST(ValueOf, IsNothingWithoutBothCountersOrOverNothing) {
  const auto record = record_of("a", 0, {{"retries", 3}, {"zero", 0}, {"negative", -2}});
  EXPECT_FALSE(value_of({"absent", ""}, record));
  EXPECT_FALSE(value_of({"retries", "absent"}, record));
  EXPECT_FALSE(value_of({"retries", "zero"}, record));
  EXPECT_FALSE(value_of({"zero", "zero"}, record));  // would be NaN
  EXPECT_FALSE(value_of({"retries", "negative"}, record));
}

TEST(Gather, TakesTheTrialsOfTheClaimInTheOrderOfTheRepeats) {
  std::vector<trial::TrialRecord> trials{record_of("a", 1, {{"retries", 1}, {"touches", 1}}),
                                         record_of("a", 0, {{"retries", 2}, {"touches", 1}}),
                                         record_of("b", 0, {{"retries", 9}, {"touches", 1}})};
  trials.push_back(trials.front());
  trials.back().key.workload = "another";
  const auto side = gather(claim_on("workload"), rate, "a", trials);
  EXPECT_EQ(side.values, (std::vector<double>{2, 1}));
  EXPECT_EQ(tried(side), 2U);
  EXPECT_EQ(left_out_text(side), "");
}

TEST(Gather, TakesTheTrialsOfTheMachinesThatTheClaimIsAbout) {
  std::vector<trial::TrialRecord> trials{record_of("a", 0, {{"retries", 1}, {"touches", 1}}),
                                         record_of("a", 0, {{"retries", 2}, {"touches", 1}})};
  trials.back().key.machine = "another";
  auto claim = claim_on("workload");
  EXPECT_EQ(gather(claim, rate, "a", trials).values.size(), 2U);
  claim.machines = {"another"};
  EXPECT_EQ(gather(claim, rate, "a", trials).values, std::vector<double>{2});
  EXPECT_EQ(gather_events(claim, {}, "a", trials).values.size(), 1U);
}

TEST(Gather, LeavesOutWhatDidNotPassAndSaysWhy) {
  std::vector<trial::TrialRecord> trials{
      ended("a", Outcome::lost, "QEMU did not start"), ended("a", Outcome::lost, "QEMU did not start"),
      ended("a", Outcome::skip, ""), ended("a", Outcome::fail, ""), ended("a", Outcome::finding, "")};
  trials[3].checks = {{"first", true, ""}, {"content", false, "page 3 reads 0"}};
  trials[4].findings = {{"BUG: KASAN: slab-use-after-free in foo", "0011223344556677", "..."}};
  const auto side = gather(claim_on("workload"), rate, "a", trials);
  EXPECT_TRUE(side.values.empty());
  EXPECT_EQ(side.findings, 1U);
  EXPECT_EQ(side.unusable, 4U);
  EXPECT_EQ(side.unmet, 0U);
  EXPECT_EQ(tried(side), 5U);
  EXPECT_EQ(side.why_unusable, (std::vector<std::string>{"lost: QEMU did not start", "skip",
                                                         "fail: check content failed: page 3 reads 0",
                                                         "finding: BUG: KASAN: slab-use-after-free in foo"}));
  EXPECT_EQ(left_out_text(side), "1 finding and 4 without usable figures");
}

TEST(Gather, LeavesOutWhatLacksTheFigure) {
  const std::vector<trial::TrialRecord> trials{record_of("a", 0, {{"retries", 1}}),
                                               record_of("a", 1, {{"retries", 1}, {"touches", 0}})};
  const auto side = gather(claim_on("workload"), rate, "a", trials);
  EXPECT_EQ(side.unusable, 2U);
  EXPECT_EQ(side.why_unusable,
            (std::vector<std::string>{"no counter touches", "touches was not above zero"}));
}

TEST(Gather, LeavesOutWhatDidNotDoWhatTheClaimRequires) {
  auto claim = claim_on("workload");
  claim.preconditions.push_back({{"ops", ""}, {Bound::Direction::at_least, 100}});
  const Counters good{{"retries", 1}, {"touches", 1}, {"ops", 100}};
  const Counters idle{{"retries", 1}, {"touches", 1}, {"ops", 99}};
  const std::vector<trial::TrialRecord> trials{record_of("a", 0, good), record_of("a", 1, idle),
                                               record_of("a", 2, {{"retries", 1}, {"touches", 1}})};
  const auto side = gather(claim, rate, "a", trials);
  EXPECT_EQ(side.values.size(), 1U);
  EXPECT_EQ(side.unmet, 1U);
  EXPECT_EQ(side.unusable, 1U);
  EXPECT_EQ(side.why_unusable, (std::vector<std::string>{"ops >= 100 was not met", "no counter ops"}));
}

}  // namespace
}  // namespace assay::verdict
