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

TEST(Again, HasWhatTheRunWasGiven) {
  EXPECT_EQ(again_command(run_with("{}")), "assay run sealing");
  EXPECT_EQ(again_command(run_with(
                R"({"trials":4,"seed":7,"kernels":["a=b c"],"until_decided":true,"max_trials":20})")),
            "assay run --trials 4 --until-decided --max-trials 20 --seed 7 --kernel 'a=b c' sealing");
  EXPECT_EQ(again_command(run_with(
                R"({"thorough":true,"workloads":["held","mapper"],"variants":["stock"],"repeat":3})")),
            "assay run --workload held --workload mapper --variant stock --repeat 3 --thorough sealing");
}

TEST(Again, OfATrialIsThatTrialAlone) {
  EXPECT_EQ(
      again_command(run_with(R"({"trials":20,"seed":7,"workloads":["held","mapper"]})"),
                    {"isolate", "small", "held", 4}),
      "assay run --workload held --variant isolate --machine small --repeat 5 --trials 5 --seed 7 sealing");
}

}  // namespace
}  // namespace assay::report
