// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "store/store.hpp"
#include "trial/outcome.hpp"
#include "verdict/verdict.hpp"

#include <string>
#include <vector>

namespace assay::report {

/// All that a report needs of one run.
struct RunView {
  store::RunInfo run;
  std::vector<trial::TrialRecord> trials;
  std::vector<verdict::ClaimVerdict> verdicts;
};

/// A run with all that the store has of it but samples and events. Error: as the store's.
[[nodiscard]] Result<RunView> read_run(store::Store& results, store::RunInfo run);

/// At most 80 columns, plain text that survives being pasted into a mail; `colour` adds SGR codes only.
[[nodiscard]] std::string verdict_table(const RunView& view, bool colour);

/// `assay show`: the table, then kernels, host, trials that did not pass with their reasons, findings.
[[nodiscard]] std::string run_page(const RunView& view, bool colour);

/// `assay show --coverage`: the lines that each kernel's series adds or removes, and what became of them.
[[nodiscard]] std::string coverage_page(const RunView& view, bool colour);

/// `assay runs`: one line per run.
[[nodiscard]] std::string run_list(const std::vector<store::RunInfo>& runs, bool colour);

/// One JSON document with everything but samples; the fields are documented in results/README.md.
[[nodiscard]] std::string run_json(const RunView& view);

/// What verdict_table() says of one claim, in the same columns.
[[nodiscard]] std::string claim_text(std::size_t number, const verdict::ClaimVerdict& claim);

/// KTAP version 1: one top-level result per claim, its trials as subtests.
[[nodiscard]] std::string run_ktap(const RunView& view);

/// JUnit XML, a test case for each claim: it fails when the claim is refuted and is skipped when it is
/// undecided. That a guest's kernel misbehaved fails nothing by itself: the claims judge it.
[[nodiscard]] std::string run_junit(const RunView& view);

/// KCIDB's report format 5.3: a checkout and a build for each kernel, a test for each trial and each claim,
/// an issue for each finding, and an incident for each time it happened.
[[nodiscard]] std::string run_kcidb(const RunView& view);

/// GitHub's Markdown for a pull request: the verdicts as a table, all else folded.
[[nodiscard]] std::string run_markdown(const RunView& view);

}  // namespace assay::report
