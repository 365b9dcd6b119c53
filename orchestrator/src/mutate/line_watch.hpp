// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mutate/score.hpp"
#include "run/inputs.hpp"
#include "run/run_kernels.hpp"
#include "run/session.hpp"
#include "verdict/verdict.hpp"

#include <vector>

/// Which of the lines that are mutated run at all.
namespace assay::mutate {

/// The experiment's probes of the unchanged variant, and one that covers the lines. Errors: as
/// run::place_probes().
Task<Result<probe::KernelProbes>> watching_lines(const run::Places& places, const run::Inputs& inputs,
                                                 const run::RunKernels& boots, const Score& score, Arch arch);

/// Counts anew for each line how many of the trials ran it.
void count_lines(std::vector<ScopeLine>& lines, const verdict::Trials& trials);

}  // namespace assay::mutate
