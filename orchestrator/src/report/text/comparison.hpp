// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "store/run_view.hpp"
#include "verdict/compare.hpp"

#include <string>
#include <vector>

namespace assay::report {

/// One side of `assay compare`: a run, or all runs of one experiment in one night.
struct ComparedRuns {
  std::string experiment;
  std::string variant;  ///< only this one; "" for all
  std::vector<store::RunView> runs;
};

/// Both sides and what differs between them.
struct RunComparison {
  ComparedRuns base;
  ComparedRuns head;
  std::vector<verdict::CellChange> cells;
};

[[nodiscard]] RunComparison compare_runs(ComparedRuns base, ComparedRuns head);

/// At most 80 columns: for each cell the metrics with their medians, change and stars; those without a star
/// only with `all`. Claims whose verdicts differ come first.
[[nodiscard]] std::string comparison_page(const RunComparison& comparison, bool all, bool colour);

/// An array with one object for each comparison; the fields are documented in results/README.md.
[[nodiscard]] std::string comparison_json(const std::vector<RunComparison>& comparisons);

}  // namespace assay::report
