// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "run/kernels.hpp"
#include "store/store.hpp"
#include "trial/runner.hpp"
#include "verdict/same_kernel.hpp"

#include <map>
#include <string>

namespace assay::cli {

/// What the guests of a run boot, by trial::kernel_key().
struct RunKernels {
  std::map<std::string, kernel::Kernel> kernels;  ///< those of the cache, at first
  std::map<std::string, std::string> ids;         ///< none of a package that is not fetched yet
  std::map<std::string, image::AgentImage> agents;
  verdict::KernelLikeness likeness;
  std::string
      nothing_to_judge;  ///< why no claim can be, as all compare a kernel with itself; "" when one can
};

/// What is known of the kernels of a run before any is built: which are in the cache, which are the same.
/// Errors: usage and infrastructure, as kernel::kernel_id(); a missing agent.
Task<Result<RunKernels>> find_run_kernels(const Globals& globals, Places places,
                                          const experiment::Experiment& experiment,
                                          const std::map<std::string, kernel::Variant>& variants);

/// A resumed run must not mix kernels: the same names may mean other sources by now. A new run has none to
/// compare. Error: usage.
[[nodiscard]] Status same_kernels(const store::RunInfo& run, const RunKernels& now);

/// Those that are not in the cache, in the order of the experiment.
[[nodiscard]] std::vector<kernel::Variant> missing_kernels(
    const experiment::Experiment& experiment, const std::map<std::string, kernel::Variant>& variants,
    const RunKernels& known);

/// Builds what is missing and brings the agents. Errors: as build_kernels().
Task<Result<RunKernels>> build_run_kernels(Globals& globals, Places places,
                                           const experiment::Experiment& experiment,
                                           const std::map<std::string, kernel::Variant>& variants,
                                           RunKernels known, Progress& progress);

/// Writes down what is to be known of a run's kernels when they are gone from the cache, and their variants
/// from where they were. Errors: as the store's; a configuration cannot be read.
[[nodiscard]] Status keep_kernels(store::Store& results, const std::string& run,
                                  const experiment::Experiment& experiment,
                                  const std::map<std::string, kernel::Variant>& variants,
                                  const RunKernels& boots);

}  // namespace assay::cli
