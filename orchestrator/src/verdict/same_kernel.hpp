// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "experiment/experiment.hpp"
#include "verdict/verdict.hpp"

#include <map>
#include <string>
#include <vector>

namespace assay::verdict {

/// What stands for each kernel of an experiment, by trial::kernel_key(): equal for equal kernels.
using KernelLikeness = std::map<std::string, std::string>;

/// Whether the claim compares variants that are one kernel under the same conditions, so that whatever
/// distinguishes their trials is chance. Claims about single variants ("never") compare nothing, and a probe
/// that acts in one of the variants only makes conditions differ.
[[nodiscard]] bool compares_one_kernel(const experiment::Experiment& experiment,
                                       const experiment::Claim& claim, const KernelLikeness& kernels);

/// Takes the verdicts on such claims back: they are not run, with the reason.
void set_aside_same_kernels(const experiment::Experiment& experiment, const KernelLikeness& kernels,
                            std::vector<ClaimVerdict>& verdicts);

}  // namespace assay::verdict
