// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/display.hpp"
#include "cli/verb.hpp"
#include "experiment/experiment.hpp"
#include "kernel/builder.hpp"

#include <map>
#include <string>

namespace assay::cli {

[[nodiscard]] kernel::BuilderOptions builder_options(const Places& places, unsigned jobs);

/// The variant files that an experiment names, by its own names. Error: usage, says which claim of a variant
/// is wrong.
[[nodiscard]] Result<std::map<std::string, kernel::Variant>> variants_of(
    const experiment::Experiment& experiment, const Places& places);

/// One kernel from the cache or built now, with progress on `display`. Ends early on the interrupt.
Task<Result<kernel::Kernel>> build_kernel(kernel::Variant variant, kernel::BuilderOptions options,
                                          Display& display, Interrupt& interrupt);

}  // namespace assay::cli
