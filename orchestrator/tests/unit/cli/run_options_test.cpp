// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/run_options.hpp"

#include <gtest/gtest.h>

namespace assay::cli {
namespace {

experiment::Experiment ten_trials() {
  experiment::Experiment experiment;
  experiment.trials = 10;
  experiment.workloads = {{.name = "quick"}, {.name = "long", .thorough = true}};
  experiment.claims = {{.id = "soon", .workload = "quick"}, {.id = "late", .workload = "long"}};
  return experiment;
}

RunOptions until_decided(std::optional<unsigned> most = {}) {
  RunOptions options;
  options.until_decided = true;
  options.max_trials = most;
  return options;
}

std::string refusal(const RunOptions& options) {
  auto experiment = ten_trials();
  const auto applied = apply(options, experiment);
  return applied ? "" : applied.error().text();
}

TEST(Schedule, IsOneLookUnlessAskedFor) {
  EXPECT_EQ(schedule_of({}, ten_trials()).looks(), 1U);
  EXPECT_EQ(schedule_of(until_decided(), ten_trials()).step, 10U);
  EXPECT_EQ(schedule_of(until_decided(), ten_trials()).cap, 50U);
  EXPECT_EQ(schedule_of(until_decided(25), ten_trials()).looks(), 3U);
}

TEST(Schedule, IsRefusedWhenItMakesNoSense) {
  EXPECT_EQ(refusal(until_decided(10)), "");
  EXPECT_EQ(refusal(until_decided(9)), "--max-trials 9 is less than the 10 trials of the first look");
  RunOptions no_looks;
  no_looks.max_trials = 20;
  EXPECT_EQ(refusal(no_looks), "--max-trials limits --until-decided, which was not given");
}

TEST(Settings, KeepTheScheduleThatARunBeganWith) {
  auto begun = until_decided(30);
  begun.trials = 6;
  RunOptions resumed;
  resumed.resume = true;
  resumed.trials = 7;
  resumed.max_trials = 700;
  const auto read = from_settings(to_settings(begun), resumed);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->until_decided);
  EXPECT_EQ(read->trials, 6U);
  EXPECT_EQ(read->max_trials, 30U);
  const auto plain = from_settings(to_settings({}), until_decided(30));
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->until_decided);
  EXPECT_FALSE(plain->max_trials);
}

TEST(Thorough, RunsAreAskedFor) {
  auto usual = ten_trials();
  ASSERT_TRUE(apply({}, usual));
  EXPECT_EQ(usual.workloads.size(), 1U);
  ASSERT_EQ(usual.claims.size(), 1U);
  EXPECT_EQ(usual.claims.front().id, "soon");
  EXPECT_EQ(notes_on({}, usual, {}), std::vector<std::string>{"left out, --thorough decides it: late"});

  RunOptions options;
  options.thorough = true;
  auto all = ten_trials();
  all.thorough_trials = 40;
  ASSERT_TRUE(apply(options, all));
  EXPECT_EQ(all.workloads.size(), 2U);
  EXPECT_EQ(all.claims.size(), 2U);
  EXPECT_EQ(all.trials, 40U);
  EXPECT_TRUE(notes_on(options, all, {}).empty());

  options.trials = 12;
  auto some = ten_trials();
  some.thorough_trials = 40;
  ASSERT_TRUE(apply(options, some));
  EXPECT_EQ(some.trials, 12U);
  EXPECT_TRUE(from_settings(to_settings(options), {})->thorough);
}

TEST(Thorough, RunsThatAreAllOrNothingSaySo) {
  auto only = ten_trials();
  only.name = "patient";
  only.workloads.front().thorough = true;
  const auto applied = apply({}, only);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().text(),
            "all workloads of experiment patient are for thorough runs: give --thorough");

  RunOptions options;
  options.thorough = true;
  auto none = ten_trials();
  none.name = "plain";
  none.workloads.pop_back();
  none.claims.pop_back();
  ASSERT_TRUE(apply(options, none));
  EXPECT_EQ(notes_on(options, none, {}),
            std::vector<std::string>{"experiment plain has nothing that only --thorough runs"});
}

}  // namespace
}  // namespace assay::cli
