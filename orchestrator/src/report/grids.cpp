// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/grids.hpp"

#include "experiment/kept_file.hpp"
#include "report/variants.hpp"
#include "verdict/sides.hpp"

#include <algorithm>

namespace assay::report {
namespace {

using experiment::Grid;

CellState state_of(const std::vector<double>& values, const experiment::Bound& expected) {
  if (values.empty()) {
    return CellState::not_run;
  }
  const auto as_expected =
      std::count_if(values.begin(), values.end(), [&](double value) { return expected.admits(value); });
  return as_expected == 0                                         ? CellState::other
         : static_cast<std::size_t>(as_expected) == values.size() ? CellState::expected
                                                                  : CellState::mixed;
}

bool belongs(const trial::TrialKey& key, std::string_view workload, std::string_view variant,
             std::string_view machine) {
  return key.workload == workload && key.variant == variant && key.machine == machine;
}

/// Notes why the trial's cells were not run, if it says so and is the first to say it.
void take_reason(const trial::TrialRecord& record, const Grid& grid, GridBlock& block) {
  for (const auto& check : record.checks) {
    if (check.name == grid.why && !check.detail.empty() &&
        std::find(block.reasons.begin(), block.reasons.end(), check.detail) == block.reasons.end()) {
      block.reasons.push_back(check.detail);
    }
  }
}

/// Nothing without trials.
std::vector<GridCell> cells_of(const store::RunView& view, const Grid& grid, const std::string& variant,
                               GridBlock& block) {
  std::vector<GridCell> cells;
  bool any = false;
  for (const auto& row : grid.rows) {
    for (const auto& column : grid.columns) {
      const auto workload = grid.workload(row, column);
      const auto figure = grid.figure(row, column);
      auto& cell = cells.emplace_back();
      for (const auto& record : view.trials) {
        if (!belongs(record.key, workload, variant, block.machine)) {
          continue;
        }
        any = true;
        take_reason(record, grid, block);
        const auto value = record.outcome == trial::Outcome::pass ? verdict::value_of(figure, record)
                                                                  : std::optional<double>();
        if (value) {
          cell.values.push_back(*value);
        }
      }
      cell.state = state_of(cell.values, grid.expected);
    }
  }
  return any ? cells : std::vector<GridCell>();
}

}  // namespace

std::string_view name_of(CellState state) {
  switch (state) {
    case CellState::expected:
      return "expected";
    case CellState::other:
      return "other";
    case CellState::mixed:
      return "mixed";
    case CellState::not_run:
      break;
  }
  return "not run";
}

std::vector<GridView> grids_of(const store::RunView& view) {
  std::vector<GridView> views;
  const Variants variants(view);
  for (auto& grid : experiment::grids_in(view.run.experiment_toml)) {
    std::ranges::stable_sort(grid.variants, {}, [&](const auto& name) { return variants.place(name); });
    GridView one{std::move(grid), {}};
    for (const auto& machine : one.grid.machines) {
      GridBlock block{machine, {}, {}};
      for (const auto& variant : one.grid.variants) {
        if (auto cells = cells_of(view, one.grid, variant, block); !cells.empty()) {
          block.sides.push_back({variant, std::move(cells)});
        }
      }
      if (!block.sides.empty()) {
        one.blocks.push_back(std::move(block));
      }
    }
    views.push_back(std::move(one));
  }
  return views;
}

}  // namespace assay::report
