// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/kernels.hpp"
#include "trial/runner.hpp"
#include "verdict/same_kernel.hpp"

#include <map>
#include <string>

namespace assay::cli {

/// What the guests of a run boot, by trial::kernel_key().
struct RunKernels {
  std::map<std::string, kernel::Kernel> kernels;
  std::map<std::string, trial::AgentImage> agents;
  verdict::KernelLikeness likeness;
  std::string
      nothing_to_judge;  ///< why no claim can be, as all compare a kernel with itself; "" when one can
};

/// Kernels from the cache, and the others built, once all that can be told of any of them before a compiler
/// runs has been told: what is missing on this host, sources, patches, configurations, and that both sides
/// are the same. Errors: as build_kernel().
Task<Result<RunKernels>> make_run_kernels(Globals& globals, Places places,
                                          const experiment::Experiment& experiment,
                                          std::map<std::string, kernel::Variant> variants,
                                          Progress& progress);

}  // namespace assay::cli
