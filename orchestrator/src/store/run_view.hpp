// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "store/store.hpp"
#include "trial/outcome.hpp"
#include "verdict/verdict.hpp"

#include <vector>

namespace assay::store {

/// All that a report or an export needs of one run.
struct RunView {
  RunInfo run;
  std::vector<trial::TrialRecord> trials;
  std::vector<verdict::ClaimVerdict> verdicts;
};

/// A run with all that the store has of it but samples and events. Error: as the store's.
[[nodiscard]] Result<RunView> read_run(Store& results, RunInfo run);

}  // namespace assay::store
