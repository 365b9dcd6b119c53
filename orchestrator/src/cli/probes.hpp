// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/places.hpp"
#include "experiment/experiment.hpp"
#include "kernel/builder.hpp"
#include "kernel/variant.hpp"
#include "trial/runner.hpp"

#include <map>
#include <string>

namespace assay::cli {

/// Finds the places of the experiment's probes in each of its kernels, and the lines of each series: these
/// are watched without being asked for, where the kernel can tell. Everything by trial::kernel_key(). Errors:
/// usage (no such place; names the kernel), infrastructure.
Task<Result<trial::Probing>> place_probes(const Places& places, const experiment::Experiment& experiment,
                                          const std::map<std::string, kernel::Variant>& variants,
                                          const std::map<std::string, kernel::Kernel>& kernels);

}  // namespace assay::cli
