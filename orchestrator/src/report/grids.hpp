// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "experiment/grid.hpp"
#include "store/run_view.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace assay::report {

enum class CellState : std::uint8_t {
  expected,  ///< in all trials
  other,     ///< as expected in none
  mixed,
  not_run,
};
[[nodiscard]] std::string_view name_of(CellState state);  ///< "expected", "other", "mixed", "not run"

struct GridCell {
  std::vector<double> values;  ///< of each trial that passed and has the figure
  CellState state = CellState::not_run;
};

struct GridSide {
  std::string variant;
  std::vector<GridCell> cells;  ///< row by row
};

/// A grid on one machine.
struct GridBlock {
  std::string machine;
  std::vector<GridSide> sides;       ///< variants of which there are trials
  std::vector<std::string> reasons;  ///< why cells were not run, as trials said it
};

struct GridView {
  experiment::Grid grid;
  std::vector<GridBlock> blocks;  ///< machines on which there are trials
  [[nodiscard]] const GridCell& cell(const GridSide& side, std::size_t row, std::size_t column) const {
    return side.cells[row * grid.columns.size() + column];
  }
};

/// What the run's trials make of the grids of its experiment.
[[nodiscard]] std::vector<GridView> grids_of(const store::RunView& view);

}  // namespace assay::report
