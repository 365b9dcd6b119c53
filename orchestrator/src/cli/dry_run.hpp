// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/verb.hpp"
#include "run/inputs.hpp"
#include "run/run_kernels.hpp"

namespace assay::cli {

/// Prints what would be built and booted and how long that takes, and where probes lie in kernels that are
/// built already; `verbose`: domain XML and command lines, too. Builds and boots nothing, but tells before
/// all that a run would tell before it builds. Errors: as run::check_kernels(); usage (also a place that such
/// a kernel does not have), infrastructure.
Task<Result<ExitCode>> dry_run(run::Session& session, const run::Inputs& inputs, const run::RunKernels& known,
                               bool verbose);

}  // namespace assay::cli
