// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/units.hpp"
#include "cli/verb.hpp"
#include "experiment/experiment.hpp"
#include "store/store.hpp"

#include <optional>
#include <string>
#include <vector>

namespace assay::cli {

/// How long the newest finished run of an experiment took, without building kernels, and how many trials it
/// made.
struct PastRun {
  Nanoseconds took;
  unsigned trials;
};
[[nodiscard]] std::optional<PastRun> last_run_of(const std::string& experiment,
                                                 const std::vector<store::RunInfo>& runs);

/// How long the guests of a run will take: what the past one took for so many trials, else what guests
/// usually take.
[[nodiscard]] Nanoseconds time_for_guests(const experiment::Experiment& experiment,
                                          const std::optional<PastRun>& past);

/// "about 40 s", "about 4 min", "about 2 h".
[[nodiscard]] std::string about(Nanoseconds duration);

/// All runs here, and none where there is no database. Nothing is created.
[[nodiscard]] std::vector<store::RunInfo> past_runs(const Places& places);

}  // namespace assay::cli
