// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "report/report.hpp"
#include "run/apply.hpp"
#include "trial/scheduler.hpp"

namespace assay::cli {

/// What a run came to, as it was stored.
struct Judged {
  report::RunView view;
  trial::RunEnd end;
};

/// Why the run did not get to its end: interrupted, given up, or a kernel does not boot.
[[nodiscard]] Status how_it_ended(const Judged& judged);

/// Prints the result in the form that was asked for. By its claims the exit code says how the run ended;
/// without any, by its trials: refuted when one failed or ended with a finding.
[[nodiscard]] Result<ExitCode> report_run(const Globals& globals, const RunOptions& options,
                                          const Places& places, const Judged& judged);

}  // namespace assay::cli
