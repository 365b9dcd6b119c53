// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "experiment/experiment.hpp"
#include "trial/outcome.hpp"

#include <set>
#include <string>
#include <vector>

namespace assay::trial {

/// One guest to boot and the workloads to run in it, in this order.
struct GuestJob {
  std::string variant;
  std::string machine;
  unsigned repeat = 0;
  std::vector<std::string> workloads;
  unsigned attempt = 1;  ///< 2 and more: an earlier guest did not get through all of them
  [[nodiscard]] TrialKey key(const std::string& workload) const {
    return {variant, machine, workload, repeat};
  }
};

/// The whole matrix without what is `done`, in interleaved order: A B B A A B ..., so that a drift of the
/// host falls on both sides alike.
[[nodiscard]] std::vector<GuestJob> plan(const experiment::Experiment& experiment,
                                         const std::set<TrialKey>& done);

/// Trials in the whole matrix.
[[nodiscard]] std::size_t planned_trials(const experiment::Experiment& experiment);

/// The seed of a trial. All variants get the same seed for the same repeat: they are compared pairwise.
[[nodiscard]] std::uint64_t seed_of(std::uint64_t experiment_seed, const TrialKey& key);

}  // namespace assay::trial
