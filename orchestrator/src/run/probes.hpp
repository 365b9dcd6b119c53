// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "experiment/experiment.hpp"
#include "kernel/builder.hpp"
#include "kernel/variant.hpp"
#include "run/places.hpp"
#include "trial/runner.hpp"

#include <map>
#include <string>

namespace assay::run {

/// Finds the places of the experiment's probes in each of its kernels, and the lines of each series: these
/// are watched without being asked for, where the kernel can tell. Everything by trial::kernel_key(). Errors:
/// usage (no such place; names the kernel), infrastructure.
Task<Result<trial::Probing>> place_probes(const Places& places, const experiment::Experiment& experiment,
                                          const std::map<std::string, kernel::Variant>& variants,
                                          const std::map<std::string, kernel::Kernel>& kernels);

/// The same for one variant of the experiment, `use`.
Task<Result<probe::KernelProbes>> probes_of(const Places& places, const experiment::Experiment& experiment,
                                            const std::string& use, const kernel::Variant& variant,
                                            const kernel::Kernel& kernel);

/// Whether anything of a variant's kernel would be watched, as far as can be told before it is built.
[[nodiscard]] bool may_have_probes(const experiment::Experiment& experiment, const std::string& use,
                                   const kernel::Variant& variant);

/// A comment line for each probe and where it lies: "# probe stall: delay of 20 ms at do_mmap: do_mmap".
[[nodiscard]] std::string where_placed(const probe::KernelProbes& probes);

}  // namespace assay::run
