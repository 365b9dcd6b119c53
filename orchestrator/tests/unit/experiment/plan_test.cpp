// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace assay::experiment {
namespace {

using testing::ElementsAre;
using trial::GuestJob;
using trial::TrialKey;

Experiment sample(unsigned trials, GuestUse guests) {
  Experiment experiment;
  experiment.variants = {{"a", "kernel-a"}, {"b", "kernel-b"}};
  experiment.machines.resize(1);
  experiment.machines.front().name = "small";
  experiment.workloads = {{"one", "idle", {}, {}, {}}, {"two", "fault.shared", {}, {}, {}}};
  experiment.trials = trials;
  experiment.guests = guests;
  return experiment;
}

/// "a0:one+two"
std::vector<std::string> names(const std::vector<GuestJob>& jobs) {
  std::vector<std::string> result;
  for (const auto& job : jobs) {
    std::string name = job.variant + std::to_string(job.repeat) + ":";
    for (const auto& order : job.orders) {
      name += (name.ends_with(':') ? "" : "+") + order.name;
    }
    result.push_back(std::move(name));
  }
  return result;
}

TEST(Plan, InterleavesVariantsAbba) {
  const auto jobs = plan(sample(3, GuestUse::shared), {});
  EXPECT_THAT(names(jobs), ElementsAre("a0:one+two", "b0:one+two", "b1:one+two", "a1:one+two", "a2:one+two",
                                       "b2:one+two"));
  EXPECT_EQ(jobs.front().machine, "small");
  EXPECT_EQ(jobs.front().attempt, 1U);
}

TEST(Plan, GivesEachTrialItsGuestWhenFresh) {
  EXPECT_THAT(names(plan(sample(2, GuestUse::fresh), {})),
              ElementsAre("a0:one", "a0:two", "b0:one", "b0:two", "b1:one", "b1:two", "a1:one", "a1:two"));
}

TEST(Plan, KeepsOneRepeatInItsPlace) {
  auto experiment = sample(3, GuestUse::shared);
  experiment.only_repeat = 1;
  EXPECT_THAT(names(plan(experiment, {})), ElementsAre("b1:one+two", "a1:one+two"));
  EXPECT_EQ(planned_trials(experiment), 4U);
}

TEST(Plan, SkipsWhatIsDone) {
  const std::set<TrialKey> done{{"a", "small", "one", 0}, {"b", "small", "one", 0}, {"b", "small", "two", 0}};
  EXPECT_THAT(names(plan(sample(1, GuestUse::shared), done)), ElementsAre("a0:two"));
  EXPECT_THAT(names(plan(sample(1, GuestUse::fresh), done)), ElementsAre("a0:two"));
}

TEST(Plan, KeepsTheOrderOfAResumedRun) {
  const std::set<TrialKey> done{{"a", "small", "one", 0}, {"a", "small", "two", 0}};
  EXPECT_THAT(names(plan(sample(2, GuestUse::shared), done)),
              ElementsAre("b0:one+two", "b1:one+two", "a1:one+two"));
}

TEST(Plan, OfAFinishedRunIsEmpty) {
  const auto experiment = sample(2, GuestUse::shared);
  std::set<TrialKey> done;
  for (const auto& job : plan(experiment, {})) {
    for (const auto& order : job.orders) {
      done.insert(job.key(order));
    }
  }
  EXPECT_EQ(done.size(), planned_trials(experiment));
  EXPECT_TRUE(plan(experiment, done).empty());
}

TEST(Plan, RunsEveryMachine) {
  auto experiment = sample(1, GuestUse::shared);
  experiment.machines.push_back(experiment.machines.front());
  experiment.machines.back().name = "large";
  EXPECT_EQ(plan(experiment, {}).size(), 4U);
  EXPECT_EQ(planned_trials(experiment), 8U);
}

TEST(Plan, RunsAWorkloadOnlyWhereItBelongs) {
  auto experiment = sample(1, GuestUse::shared);
  experiment.machines.push_back(experiment.machines.front());
  experiment.machines.back().name = "large";
  experiment.workloads.back().variants = {"b"};
  experiment.workloads.back().machines = {"small"};
  EXPECT_THAT(names(plan(experiment, {})), ElementsAre("a0:one", "b0:one+two", "a0:one", "b0:one"));
  EXPECT_EQ(planned_trials(experiment), 5U);
  experiment.workloads.erase(experiment.workloads.begin());
  EXPECT_THAT(names(plan(experiment, {})), ElementsAre("b0:two"));
  EXPECT_EQ(planned_trials(experiment), 1U);
}

}  // namespace
}  // namespace assay::experiment
