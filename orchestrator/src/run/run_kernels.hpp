// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "image/agent_image.hpp"
#include "kernel/builder.hpp"
#include "run/inputs.hpp"
#include "trial/runner.hpp"
#include "verdict/same_kernel.hpp"

#include <map>
#include <string>

namespace assay::run {

/// What the guests of a run boot, by trial::kernel_key().
struct RunKernels {
  std::map<std::string, kernel::Kernel> kernels;  ///< those of the cache, at first
  std::map<std::string, std::string> ids;         ///< none of a package that is not fetched yet
  std::map<std::string, image::AgentImage> agents;
  verdict::KernelLikeness likeness;
  trial::Probing probing;  ///< once all are built
  std::string
      nothing_to_judge;  ///< why no claim can be, as all compare a kernel with itself; "" when one can
};

/// What is known of the kernels of a run before any is built: which are in the cache, which are the same.
/// Errors: usage and infrastructure, as kernel::kernel_id(); a missing agent; usage, when those of a resumed
/// run have changed: the same names may mean other sources by now, and a run must not mix them.
Task<Result<RunKernels>> find_run_kernels(const Session& session, const Inputs& inputs);

/// Those that are not in the cache, in the order of the experiment.
[[nodiscard]] std::vector<kernel::Variant> missing_kernels(const Inputs& inputs, const RunKernels& known);

/// Builds what is missing, brings the agents and places the probes. Errors: as build_kernels(),
/// find_run_kernels() and place_probes().
Task<Result<RunKernels>> build_run_kernels(Session& session, const Inputs& inputs, RunKernels known);

/// Writes down what is to be known of a run's kernels when they are gone from the cache, and their variants
/// from where they were. Errors: as the store's; a configuration cannot be read.
[[nodiscard]] Status keep_kernels(store::Store& results, const std::string& run, const Inputs& inputs,
                                  const RunKernels& boots);

}  // namespace assay::run
