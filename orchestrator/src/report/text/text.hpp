// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "store/run_view.hpp"

#include <cstddef>
#include <string>
#include <vector>

/// A run for people: plain text of at most 80 columns that survives being pasted into a mail; `colour` adds
/// SGR codes only.
namespace assay::report {

/// The claims of a run, with what was judged.
[[nodiscard]] std::string verdict_table(const store::RunView& view, bool colour);

/// What verdict_table() says of one claim, in the same columns.
[[nodiscard]] std::string claim_text(std::size_t number, const verdict::ClaimVerdict& claim);

/// What verdict_table() has of the grids: a character for each cell, the variants side by side, as far as the
/// columns of one variant fit. "" without grids.
[[nodiscard]] std::string grids_text(const store::RunView& view);

/// `assay show`: the table, then kernels, host, trials that did not pass with their reasons, findings.
[[nodiscard]] std::string run_page(const store::RunView& view, bool colour);

/// `assay show --coverage`: the lines that each kernel's series adds or removes, and what became of them.
[[nodiscard]] std::string coverage_page(const store::RunView& view, bool colour);

/// `assay runs`: one line per run.
[[nodiscard]] std::string run_list(const std::vector<store::RunInfo>& runs, bool colour);

}  // namespace assay::report
