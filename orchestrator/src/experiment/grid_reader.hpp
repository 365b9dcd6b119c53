// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/table_reader.hpp"
#include "experiment/experiment.hpp"

namespace assay::experiment {

/// Reads [[grids]] of the whole file's table; there may be none. Workloads, counters and checks of each cell
/// must be known.
[[nodiscard]] std::vector<Grid> read_grids(TableReader& file, const Experiment& experiment,
                                           const Catalogue& catalogue, Mistakes& mistakes);

}  // namespace assay::experiment
