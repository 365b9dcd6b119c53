// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "experiment/experiment.hpp"
#include "probe/report.hpp"
#include "trial/outcome.hpp"
#include "verdict/verdict.hpp"

#include <string>
#include <vector>

namespace assay::verdict {

/// What ran of one kernel's series, over several trials.
struct KernelCoverage {
  std::string variant;
  std::string kernel_id;
  std::vector<probe::CoveredLine> lines;  ///< none: its series only renames files
};

/// The kernels that were watched, in the order of their first trials.
[[nodiscard]] std::vector<KernelCoverage> coverage_by_kernel(const std::vector<trial::TrialRecord>& trials);

/// "9 of 11 patched lines ran; 2 did not"; with the variant's name where there are several; "" where nothing
/// was watched.
[[nodiscard]] std::string coverage_text(const std::vector<KernelCoverage>& kernels);

/// Says in each verdict how much of the patch ran in the trials of its workload and variants. A claim that
/// was decided while nothing of it ran is "not run", whatever the numbers say, unless it is a control. Pure.
void add_coverage(const experiment::Experiment& experiment, const std::vector<trial::TrialRecord>& trials,
                  std::vector<ClaimVerdict>& verdicts);

}  // namespace assay::verdict
