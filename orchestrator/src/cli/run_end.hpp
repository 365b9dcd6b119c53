// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/run_options.hpp"
#include "run/run.hpp"

namespace assay::cli {

/// Prints the result in the form that was asked for. By its claims the exit code says how the run ended;
/// without any, by its trials: refuted when one failed or ended with a finding.
[[nodiscard]] Result<ExitCode> report_run(const Globals& globals, const RunOptions& options,
                                          const Places& places, const run::Judged& judged);

}  // namespace assay::cli
