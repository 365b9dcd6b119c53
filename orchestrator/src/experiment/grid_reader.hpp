// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/mistakes.hpp"
#include "base/table_reader.hpp"
#include "experiment/catalogue.hpp"
#include "experiment/experiment.hpp"
#include "experiment/grid.hpp"

#include <string>
#include <vector>

namespace assay::experiment {

/// The tables of [[grids]], in the order of the file; there may be none.
[[nodiscard]] std::vector<const toml::table*> grid_tables(TableReader& file, Mistakes& mistakes);
[[nodiscard]] TableReader reader_of_grid(const toml::table& table, Mistakes& mistakes);

/// Reads one of them. What its cells speak of need not be known.
[[nodiscard]] Grid read_grid(TableReader& reader, const std::vector<std::string>& variants,
                             const std::vector<std::string>& machines, Mistakes& mistakes);

/// Reads [[grids]] of the whole file's table; there may be none. Workloads, counters and checks of each cell
/// must be known.
[[nodiscard]] std::vector<Grid> read_grids(TableReader& file, const Experiment& experiment,
                                           const Catalogue& catalogue, Mistakes& mistakes);

}  // namespace assay::experiment
