// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "experiment/experiment.hpp"
#include "trial/order.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace assay::experiment {

/// The whole matrix without what is `done`, in interleaved order: A B B A A B ..., so that a drift of the
/// host falls on both sides alike.
[[nodiscard]] std::vector<trial::GuestJob> plan(const Experiment& experiment,
                                                const std::set<trial::TrialKey>& done);

/// Trials in the whole matrix.
[[nodiscard]] std::size_t planned_trials(const Experiment& experiment);

/// The machines, by name.
[[nodiscard]] std::map<std::string, machine::MachineSpec> machines_of(const Experiment& experiment);

}  // namespace assay::experiment
