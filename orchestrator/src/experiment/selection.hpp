// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "experiment/experiment.hpp"

#include <string>
#include <vector>

namespace assay::experiment {

/// A part of an experiment's matrix. An empty list means all.
struct Selection {
  std::vector<std::string> workloads;
  std::vector<std::string> variants;
  std::vector<std::string> machines;
  [[nodiscard]] bool everything() const { return workloads.empty() && variants.empty() && machines.empty(); }
};

/// Leaves out what only thorough runs have: workloads, their probes, the claims that they decide. Returns the
/// ids of these claims.
std::vector<std::string> leave_out_thorough(Experiment& experiment);

/// Leaves out what is not selected, and the claims that need more than that; returns their ids.
/// Error: usage, a name that the experiment does not have, or nothing is left.
[[nodiscard]] Result<std::vector<std::string>> keep_only(const Selection& selection, Experiment& experiment);

}  // namespace assay::experiment
