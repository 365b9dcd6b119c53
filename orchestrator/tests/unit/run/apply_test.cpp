// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/apply.hpp"

#include "experiment/selection.hpp"

#include <gtest/gtest.h>

namespace assay::run {
namespace {

experiment::Experiment ten_trials() {
  experiment::Experiment experiment;
  experiment.trials = 10;
  experiment.workloads = {{.name = "quick"}, {.name = "long", .thorough = true}};
  experiment.claims = {{.id = "soon", .workload = "quick"}, {.id = "late", .workload = "long"}};
  return experiment;
}

experiment::Settings until_decided(std::optional<unsigned> most = {}) {
  experiment::Settings options;
  options.until_decided = true;
  options.max_trials = most;
  return options;
}

std::string refusal(const experiment::Settings& options) {
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
  experiment::Settings no_looks;
  no_looks.max_trials = 20;
  EXPECT_EQ(refusal(no_looks), "--max-trials limits --until-decided, which was not given");
}

TEST(Thorough, RunsAreAskedFor) {
  auto usual = ten_trials();
  const auto left_out = apply({}, usual);
  ASSERT_TRUE(left_out);
  EXPECT_EQ(usual.workloads.size(), 1U);
  ASSERT_EQ(usual.claims.size(), 1U);
  EXPECT_EQ(usual.claims.front().id, "soon");
  EXPECT_EQ(notes_on({}, *left_out, usual, {}),
            std::vector<std::string>{"left out, --thorough decides it: late"});

  experiment::Settings options;
  options.thorough = true;
  auto all = ten_trials();
  all.thorough_trials = 40;
  ASSERT_TRUE(apply(options, all));
  EXPECT_EQ(all.workloads.size(), 2U);
  EXPECT_EQ(all.claims.size(), 2U);
  EXPECT_EQ(all.trials, 40U);
  EXPECT_TRUE(notes_on(options, {}, all, {}).empty());

  options.trials = 12;
  auto some = ten_trials();
  some.thorough_trials = 40;
  ASSERT_TRUE(apply(options, some));
  EXPECT_EQ(some.trials, 12U);
}

/// Two variants and machines; a claim on each workload, of which "compared" needs both variants.
experiment::Experiment matrix() {
  experiment::Experiment experiment;
  experiment.name = "matrix";
  experiment.trials = 5;
  experiment.variants = {{"old", "k"}, {"new", "k"}};
  experiment.machines.resize(2);
  experiment.machines[0].name = "pc";
  experiment.machines[1].name = "sun";
  experiment.workloads = {{.name = "write"}, {.name = "read", .variants = {"new"}, .machines = {"pc"}}};
  experiment::NeverRule one_side;
  one_side.variants = {"new"};
  experiment::NeverRule both;
  both.variants = {"old", "new"};
  experiment.claims = {{.id = "alone", .workload = "read", .rule = one_side},
                       {.id = "compared", .workload = "write", .rule = both}};
  return experiment;
}

experiment::Settings only(experiment::Selection selection) {
  experiment::Settings settings;
  settings.workloads = std::move(selection.workloads);
  settings.variants = std::move(selection.variants);
  settings.machines = std::move(selection.machines);
  return settings;
}

TEST(Selection, KeepsAPartOfTheMatrix) {
  auto experiment = matrix();
  const auto left_out = apply(only({{}, {"new"}, {"sun"}}), experiment);
  ASSERT_TRUE(left_out);
  ASSERT_EQ(experiment.workloads.size(), 1U);
  EXPECT_EQ(experiment.workloads.front().name, "write");
  EXPECT_EQ(experiment.trials_per_repeat(), 1U);
  EXPECT_FALSE(experiment.has_guest("new", "pc"));
  EXPECT_EQ(left_out->partial, (std::vector<std::string>{"alone", "compared"}));
  EXPECT_EQ(notes_on({}, *left_out, experiment, {}),
            std::vector<std::string>{"left out, they need more of the matrix: alone, compared"});
}

TEST(Selection, KeepsClaimsThatItCanDecide) {
  auto experiment = matrix();
  const auto left_out = apply(only({{"read"}, {}, {}}), experiment);
  ASSERT_TRUE(left_out);
  ASSERT_EQ(experiment.claims.size(), 1U);
  EXPECT_EQ(experiment.claims.front().id, "alone");
}

TEST(Selection, RunsAWorkloadThatIsNamedHoweverLongItTakes) {
  auto experiment = matrix();
  experiment.workloads.front().thorough = true;
  ASSERT_TRUE(apply(only({{"write"}, {}, {}}), experiment));
  EXPECT_EQ(experiment.workloads.size(), 1U);
}

TEST(Selection, NamesWhatIsNotThere) {
  const auto refused = [](const experiment::Settings& options) {
    auto experiment = matrix();
    const auto applied = apply(options, experiment);
    return applied ? std::string() : applied.error().text();
  };
  EXPECT_EQ(refused(only({{"wirte"}, {}, {}})),
            "--workload: experiment matrix has no \"wirte\"; did you mean \"write\"?");
  EXPECT_EQ(refused(only({{}, {"x"}, {}})),
            "--variant: experiment matrix has no \"x\"; there is old and new");
  EXPECT_EQ(refused(only({{"read"}, {"old"}, {}})),
            "experiment matrix runs none of these workloads on these variants and machines");
  experiment::Settings sixth;
  sixth.repeat = 6;
  EXPECT_EQ(refused(sixth), "--repeat 6: each cell has trials 1 to 5");
  experiment::Settings endless;
  endless.repeat = 1;
  endless.until_decided = true;
  EXPECT_EQ(refused(endless),
            "--repeat makes one trial of each cell; --until-decided makes more until all is decided");
}

TEST(Thorough, RunsThatAreAllOrNothingSaySo) {
  auto only = ten_trials();
  only.name = "patient";
  only.workloads.front().thorough = true;
  const auto applied = apply({}, only);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().text(),
            "all workloads of experiment patient are for thorough runs: give --thorough");

  experiment::Settings options;
  options.thorough = true;
  auto none = ten_trials();
  none.name = "plain";
  none.workloads.pop_back();
  none.claims.pop_back();
  ASSERT_TRUE(apply(options, none));
  EXPECT_EQ(notes_on(options, {}, none, {}),
            std::vector<std::string>{"experiment plain has nothing that only --thorough runs"});
}

TEST(Kernels, OfTheFileKeepTheirPlaceInIt) {
  auto experiment = ten_trials();
  experiment.file = "/somewhere/experiment.toml";
  experiment.variants = {{"before", "./none.toml", Place{2, 10}}, {"after", "./none.toml", Place{4, 10}}};
  experiment::Settings options;
  options.kernels = {"after=linux-6.12"};
  anchor_kernels(options, experiment);
  ASSERT_TRUE(apply(options, experiment));
  EXPECT_TRUE(experiment.variants.front().kernel.starts_with("/"));
  ASSERT_TRUE(experiment.variants.front().where);
  EXPECT_EQ(experiment.variants.front().where->line, 2U);
  EXPECT_FALSE(experiment.variants.back().where) << "it is not the file's";
}

}  // namespace
}  // namespace assay::run
