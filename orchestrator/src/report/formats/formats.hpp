// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "store/run_view.hpp"

#include <string>

/// A run for programs.
namespace assay::report {

/// One JSON document with everything but samples; the fields are documented in results/README.md.
[[nodiscard]] std::string run_json(const store::RunView& view);

/// KTAP version 1: one top-level result per claim, its trials as subtests.
[[nodiscard]] std::string run_ktap(const store::RunView& view);

/// JUnit XML, a test case for each claim: it fails when the claim is refuted and is skipped when it is
/// undecided. That a guest's kernel misbehaved fails nothing by itself: the claims judge it.
[[nodiscard]] std::string run_junit(const store::RunView& view);

/// KCIDB's report format 5.3: a checkout and a build for each kernel, a test for each trial and each claim,
/// an issue for each finding, and an incident for each time it happened.
[[nodiscard]] std::string run_kcidb(const store::RunView& view);

/// GitHub's Markdown for a pull request: the verdicts as a table, all else folded.
[[nodiscard]] std::string run_markdown(const store::RunView& view);

}  // namespace assay::report
