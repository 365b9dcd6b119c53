// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/display.hpp"
#include "cli/verb.hpp"
#include "experiment/experiment.hpp"
#include "kernel/variant.hpp"
#include "run/run_kernels.hpp"

#include <map>
#include <string>

namespace assay::cli {

/// Prints what would be built and booted and how long that takes, and where probes lie in kernels that are
/// built already; `verbose`: domain XML and command lines, too. Builds and boots nothing, but tells before
/// all that a run would tell before it builds. `variants` by trial::kernel_key(). Errors: as check_kernels();
/// usage (also a place that such a kernel does not have), infrastructure.
Task<Result<ExitCode>> dry_run(Globals& globals, const Places& places,
                               const experiment::Experiment& experiment,
                               const std::map<std::string, kernel::Variant>& variants,
                               const RunKernels& known, Display& display, bool verbose);

}  // namespace assay::cli
