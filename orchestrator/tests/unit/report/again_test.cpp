// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/again.hpp"

#include <gtest/gtest.h>

namespace assay::report {
namespace {

store::RunInfo run_with(std::string settings) {
  store::RunInfo run;
  run.experiment = "sealing";
  run.settings = std::move(settings);
  return run;
}

trial::TrialRecord trial_in(const std::string& folder, const std::string& workload,
                            trial::Outcome outcome = trial::Outcome::pass) {
  trial::TrialRecord record;
  record.key = {"isolate", "small", workload, 4};
  record.folder = folder;
  record.outcome = outcome;
  return record;
}

TEST(Again, HasWhatTheRunWasGiven) {
  EXPECT_EQ(again_command(run_with("{}")), "assay run sealing");
  EXPECT_EQ(again_command(run_with(
                R"({"trials":4,"seed":7,"kernels":["a=b c"],"until_decided":true,"max_trials":20})")),
            "assay run --trials 4 --until-decided --max-trials 20 --seed 7 --kernel 'a=b c' sealing");
  EXPECT_EQ(again_command(run_with(
                R"({"thorough":true,"workloads":["held","mapper"],"variants":["stock"],"repeat":3})")),
            "assay run --workload held --workload mapper --variant stock --repeat 3 --thorough sealing");
}

TEST(Again, NamesTheExperimentAsItIsFound) {
  auto run = run_with("{}");
  run.host = R"({"experiment": "/my experiments/sealing.toml"})";
  EXPECT_EQ(again_command(run), "assay run '/my experiments/sealing.toml'");
}

TEST(Again, OfATrialIsThatTrialAlone) {
  store::RunView view;
  view.run = run_with(R"({"trials":20,"seed":7,"workloads":["held","mapper"]})");
  view.trials = {trial_in("trials/a", "mapper"), trial_in("trials/b", "held")};
  EXPECT_EQ(
      again_command(view.run, Guests(view), view.trials[1]),
      "assay run --workload held --variant isolate --machine small --repeat 5 --trials 5 --seed 7 sealing");
}

TEST(Again, OfATrialInASharedGuestIsAllThatRanThereBefore) {
  store::RunView view;
  view.run = run_with("{}");
  view.run.experiment_toml = "[experiment]\nguests = \"shared\"\n";
  view.trials = {trial_in("trials/a", "one"), trial_in("trials/a", "two", trial::Outcome::finding),
                 trial_in("trials/b", "three"), trial_in("trials/b", "four", trial::Outcome::finding),
                 trial_in("trials/c", "five")};
  view.trials[3].attempts = 2;
  const Guests guests(view);
  EXPECT_EQ(again_command(view.run, guests, view.trials[3]),
            "assay run --workload three --workload four --variant isolate --machine small --repeat 5 "
            "--trials 5 sealing");
  EXPECT_EQ(guests.circumstances(view.trials[0]), "");
  EXPECT_EQ(guests.circumstances(view.trials[1]), ", in the same guest after one");
  EXPECT_EQ(guests.circumstances(view.trials[3]),
            ", in the same guest after three, in a guest that began when a finding in two had ended the one "
            "before, when the guest of a first attempt was lost");
}

TEST(Guests, SayWhichTrialsAFindingMayComeFrom) {
  store::RunView view;
  view.trials = {trial_in("trials/a", "one"), trial_in("trials/b", "one"), trial_in("trials/a", "two"),
                 trial_in("", "three", trial::Outcome::finding), trial_in("", "four")};
  EXPECT_EQ(taint_text(view), "");
  view.trials[2].outcome = trial::Outcome::finding;
  EXPECT_EQ(taint_text(view),
            "1 trial ran before a finding in the same guest: what it left there may be its cause.");
  const Guests guests(view);
  EXPECT_EQ(guests.finding_after(view.trials[0]), &view.trials[2]);
  EXPECT_EQ(guests.finding_after(view.trials[1]), nullptr);
  EXPECT_EQ(guests.finding_after(view.trials[2]), nullptr);
}

}  // namespace
}  // namespace assay::report
