// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/estimate.hpp"

#include <gtest/gtest.h>

namespace assay::cli {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

store::RunInfo run_of(const char* experiment, const char* state, const char* started, const char* finished,
                      unsigned done) {
  store::RunInfo run;
  run.experiment = experiment;
  run.state = state;
  run.started = started;
  run.finished = finished;
  run.done = done;
  return run;
}

TEST(Estimate, IsOfTheNewestRunThatCameToItsEnd) {
  const std::vector<store::RunInfo> runs{
      run_of("other", "finished", "2026-11-21T05:00:00Z", "2026-11-21T05:00:01Z", 9),
      run_of("mine", "interrupted", "2026-11-21T04:00:00Z", "2026-11-21T04:00:10Z", 4),
      run_of("mine", "finished", "2026-11-20T23:59:30Z", "2026-11-21T00:01:10Z", 50),
      run_of("mine", "finished", "2026-11-19T00:00:00Z", "2026-11-19T09:00:00Z", 50)};
  const auto last = last_run_of("mine", runs);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->took, seconds(100));
  EXPECT_EQ(last->trials, 50U);
  EXPECT_FALSE(last_run_of("none", runs));
  EXPECT_FALSE(last_run_of("odd", {run_of("odd", "finished", "yesterday", "", 3)}));
}

TEST(Estimate, GrowsWithTheTrials) {
  experiment::Experiment experiment;
  experiment.trials = 10;
  experiment.variants = {{"old", "k"}, {"new", "k"}};
  experiment.machines.resize(1);
  experiment.workloads = {{.name = "write"}};
  EXPECT_EQ(time_for_guests(experiment, PastRun{seconds(60), 10}), seconds(120));
  EXPECT_GT(time_for_guests(experiment, {}), seconds(0));
}

TEST(Estimate, IsToldRoughly) {
  EXPECT_EQ(about(seconds(1)), "about 10 s");
  EXPECT_EQ(about(seconds(44)), "about 40 s");
  EXPECT_EQ(about(seconds(89)), "about 1 min");
  EXPECT_EQ(about(minutes(4)), "about 4 min");
  EXPECT_EQ(about(minutes(170)), "about 3 h");
}

}  // namespace
}  // namespace assay::cli
