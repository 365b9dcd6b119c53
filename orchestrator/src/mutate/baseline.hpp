// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mutate/score.hpp"
#include "run/inputs.hpp"
#include "run/run_kernels.hpp"
#include "store/store.hpp"
#include "verdict/verdict.hpp"

#include <string>

/// The unchanged kernels, by which mutants are judged.
namespace assay::mutate {

/// Of these inputs what is needed to boot the mutated variant alone.
[[nodiscard]] run::Inputs only_variant(const run::Inputs& inputs, const std::string& variant);

/// A hash over all that judges mutants: under another, what was known of them is worth nothing. Error:
/// infrastructure.
[[nodiscard]] Result<std::string> key_of(const run::Places& places, const run::Inputs& inputs,
                                         const run::RunKernels& known, unsigned trials);

/// The trials of a run that ended, with the percentiles that claims ask for. Errors: usage, infrastructure.
[[nodiscard]] Result<verdict::Trials> read_baseline(store::Store& results,
                                                    const experiment::Experiment& experiment,
                                                    const std::string& run);

}  // namespace assay::mutate
