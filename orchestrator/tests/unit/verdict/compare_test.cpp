// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/compare.hpp"

#include "verdict/records.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace assay::verdict {
namespace {

using trial::Outcome;
using trial::TrialRecord;

std::vector<TrialRecord> with_retries(const std::string& variant, const std::vector<std::int64_t>& retries) {
  std::vector<TrialRecord> trials;
  add_passed(trials, variant, retries);
  return trials;
}

const MetricChange& metric(const CellChange& cell, const std::string& name) {
  for (const auto& one : cell.metrics) {
    if (one.metric == name) {
      return one;
    }
  }
  throw std::runtime_error("no metric " + name);
}

TEST(Compare, ShowsWhatChanged) {
  const auto cells =
      compare({with_retries("a", {10, 11, 12, 13, 14}), ""}, {with_retries("a", {20, 22, 24, 26, 28}), ""});
  ASSERT_EQ(cells.size(), 1U);
  EXPECT_EQ(cells.front().workload, "workload");
  EXPECT_EQ(cells.front().base_trials, 5U);
  const auto& retries = metric(cells.front(), "retries");
  EXPECT_EQ(retries.base.median, 12);
  EXPECT_EQ(retries.base.spread, 1);
  EXPECT_EQ(retries.head.median, 24);
  EXPECT_EQ(retries.head.trials, 5U);
  EXPECT_DOUBLE_EQ(retries.change(), 1);
  EXPECT_NEAR(retries.p, 2.0 / 252, 1e-12);
  const auto& touches = metric(cells.front(), "touches");
  EXPECT_EQ(touches.p, 1);
  EXPECT_EQ(touches.change(), 0);
}

TEST(Compare, PairsVariantsByNameUnlessTheyAreChosen) {
  auto base = with_retries("a", {1, 2});
  const auto others = with_retries("b", {3, 4});
  base.insert(base.end(), others.begin(), others.end());
  const auto by_name = compare({base, ""}, {base, ""});
  ASSERT_EQ(by_name.size(), 2U);
  EXPECT_EQ(by_name[0].base_variant, "a");
  EXPECT_EQ(by_name[0].head_variant, "a");
  const auto chosen = compare({base, "a"}, {base, "b"});
  ASSERT_EQ(chosen.size(), 1U);
  EXPECT_EQ(chosen[0].head_variant, "b");
  EXPECT_EQ(metric(chosen[0], "retries").head.median, 3.5);
  EXPECT_TRUE(compare({base, "a"}, {base, "absent"}).empty());
}

TEST(Compare, CountsTrialsThatDidNotPassAndLeavesTheirNumbersOut) {
  auto head = with_retries("a", {1, 1, 1});
  for (int i = 0; i < 3; ++i) {
    head.push_back(ended("a", Outcome::fail, ""));
    head.push_back(ended("a", Outcome::lost, ""));
  }
  const auto cells = compare({with_retries("a", {1, 1, 1, 1}), ""}, {head, ""});
  const auto& bad = metric(cells.front(), "not passed");
  EXPECT_EQ(bad.base.median, 0);
  EXPECT_EQ(bad.head.median, 0.5);
  EXPECT_EQ(bad.head.trials, 6U);
  EXPECT_EQ(metric(cells.front(), "retries").head.median, 1);
  EXPECT_EQ(metric(cells.front(), "retries").head.trials, 3U);
  EXPECT_TRUE(std::isinf(bad.change()));
}

TEST(Compare, KnowsOnlyWhatBothHave) {
  const auto cells = compare({{record_of("a", 0, {{"x", 1}, {"y", 1}})}, ""},
                             {{record_of("a", 0, {{"y", 1}, {"z", 1}})}, ""});
  ASSERT_EQ(cells.front().metrics.size(), 3U);
  EXPECT_EQ(cells.front().metrics[2].metric, "y");
}

TEST(Stars, AreThoseOfEverybody) {
  EXPECT_EQ(stars(0.0009), "***");
  EXPECT_EQ(stars(0.001), "**");
  EXPECT_EQ(stars(0.01), "*");
  EXPECT_EQ(stars(0.05), "");
}

}  // namespace
}  // namespace assay::verdict
