// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "run/open_run.hpp"
#include "trial/scheduler.hpp"
#include "verdict/verdict.hpp"

#include <vector>

namespace assay::run {

/// All trials, or as many looks as the claims need. Error: infrastructure.
Task<Result<trial::RunEnd>> run_looks(Session& session, OpenRun& run);

/// The clock in the live lines: runs until cancelled.
Task<> keep_fresh(Progress& progress);

/// The claims over these trials, with the percentiles of their samples that claims ask for. Error:
/// infrastructure.
[[nodiscard]] Result<std::vector<verdict::ClaimVerdict>> judge(const OpenRun& run, verdict::Trials trials);

}  // namespace assay::run
