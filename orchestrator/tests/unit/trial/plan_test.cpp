// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace assay::trial {
namespace {

using testing::ElementsAre;

experiment::Experiment sample(unsigned trials, experiment::GuestUse guests) {
  experiment::Experiment experiment;
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
    for (const auto& workload : job.workloads) {
      name += (name.ends_with(':') ? "" : "+") + workload;
    }
    result.push_back(std::move(name));
  }
  return result;
}

TEST(Plan, InterleavesVariantsAbba) {
  const auto jobs = plan(sample(3, experiment::GuestUse::shared), {});
  EXPECT_THAT(names(jobs), ElementsAre("a0:one+two", "b0:one+two", "b1:one+two", "a1:one+two", "a2:one+two",
                                       "b2:one+two"));
  EXPECT_EQ(jobs.front().machine, "small");
  EXPECT_EQ(jobs.front().attempt, 1U);
}

TEST(Plan, GivesEachTrialItsGuestWhenFresh) {
  EXPECT_THAT(names(plan(sample(2, experiment::GuestUse::fresh), {})),
              ElementsAre("a0:one", "a0:two", "b0:one", "b0:two", "b1:one", "b1:two", "a1:one", "a1:two"));
}

TEST(Plan, KeepsOneRepeatInItsPlace) {
  auto experiment = sample(3, experiment::GuestUse::shared);
  experiment.only_repeat = 1;
  EXPECT_THAT(names(plan(experiment, {})), ElementsAre("b1:one+two", "a1:one+two"));
  EXPECT_EQ(planned_trials(experiment), 4U);
}

TEST(Plan, SkipsWhatIsDone) {
  const std::set<TrialKey> done{{"a", "small", "one", 0}, {"b", "small", "one", 0}, {"b", "small", "two", 0}};
  EXPECT_THAT(names(plan(sample(1, experiment::GuestUse::shared), done)), ElementsAre("a0:two"));
  EXPECT_THAT(names(plan(sample(1, experiment::GuestUse::fresh), done)), ElementsAre("a0:two"));
}

TEST(Plan, KeepsTheOrderOfAResumedRun) {
  const std::set<TrialKey> done{{"a", "small", "one", 0}, {"a", "small", "two", 0}};
  EXPECT_THAT(names(plan(sample(2, experiment::GuestUse::shared), done)),
              ElementsAre("b0:one+two", "b1:one+two", "a1:one+two"));
}

TEST(Plan, OfAFinishedRunIsEmpty) {
  const auto experiment = sample(2, experiment::GuestUse::shared);
  std::set<TrialKey> done;
  for (const auto& job : plan(experiment, {})) {
    for (const auto& workload : job.workloads) {
      done.insert(job.key(workload));
    }
  }
  EXPECT_EQ(done.size(), planned_trials(experiment));
  EXPECT_TRUE(plan(experiment, done).empty());
}

TEST(Plan, RunsEveryMachine) {
  auto experiment = sample(1, experiment::GuestUse::shared);
  experiment.machines.push_back(experiment.machines.front());
  experiment.machines.back().name = "large";
  EXPECT_EQ(plan(experiment, {}).size(), 4U);
  EXPECT_EQ(planned_trials(experiment), 8U);
}

TEST(Plan, RunsAWorkloadOnlyWhereItBelongs) {
  auto experiment = sample(1, experiment::GuestUse::shared);
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

TEST(Seed, IsTheSameForAllVariants) {
  EXPECT_EQ(seed_of(1, {"a", "small", "one", 4}), seed_of(1, {"b", "small", "one", 4}));
}

TEST(Seed, DiffersForAllElse) {
  const std::set<std::uint64_t> seeds{
      seed_of(1, {"a", "small", "one", 4}), seed_of(2, {"a", "small", "one", 4}),
      seed_of(1, {"a", "large", "one", 4}), seed_of(1, {"a", "small", "two", 4}),
      seed_of(1, {"a", "small", "one", 5})};
  EXPECT_EQ(seeds.size(), 5U);
}

TEST(Seed, NeverChanges) {
  // A bundle or a stored run names a seed: the rule behind it must stay.
  EXPECT_EQ(seed_of(1, {"after", "small", "shared-write", 0}), 0xbc8f2b3128d83449U);
}

TEST(Outcome, HasANameAndACounter) {
  TrialRecord record;
  record.counters = {{"touches", 12}, {"vmstat.pgfault", 0}};
  ASSERT_NE(record.counter("touches"), nullptr);
  EXPECT_EQ(*record.counter("touches"), 12);
  EXPECT_EQ(record.counter("touch"), nullptr);
  EXPECT_EQ(name_of(Outcome::finding), "finding");
  EXPECT_EQ(name_of(Outcome::lost), "lost");
}

}  // namespace
}  // namespace assay::trial
