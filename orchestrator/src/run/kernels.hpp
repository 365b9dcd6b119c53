// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/interrupt.hpp"
#include "experiment/experiment.hpp"
#include "kernel/builder.hpp"
#include "run/places.hpp"
#include "run/progress.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace assay::run {

[[nodiscard]] kernel::BuilderOptions builder_options(const Places& places, unsigned jobs);

/// The architectures of the machines on which any workload runs with the variant.
[[nodiscard]] std::set<Arch> arches_of(const experiment::Experiment& experiment, std::string_view variant);

/// Every trial::kernel_key() of the experiment, in the order of its file.
[[nodiscard]] std::vector<std::string> kernel_keys(const experiment::Experiment& experiment);

/// The variants that an experiment names, for each of its architectures, by trial::kernel_key(). Error:
/// usage, says which claim of a variant is wrong.
[[nodiscard]] Result<std::map<std::string, kernel::Variant>> variants_of(
    const experiment::Experiment& experiment, const Places& places);

/// Why a kernel that the experiment names cannot be had: at its line and column where that is the user's
/// mistake.
[[nodiscard]] Error error_about(const experiment::Experiment& experiment, const experiment::VariantUse& use,
                                const Error& error);

/// Tells all that can be known of kernels before they are built. Ends early on the interrupt. Errors: as
/// kernel::check().
Task<Status> check_kernels(std::vector<kernel::Variant> variants, kernel::BuilderOptions options,
                           Progress& progress, Interrupt& interrupt);

/// Kernels that are not in the cache, checked all and then built, with their progress. Ends early on the
/// interrupt. Every verb builds here. Errors: as kernel::build(); build, when the variable ASSAY_BUILD is
/// "never".
Task<Result<std::vector<kernel::Kernel>>> build_kernels(std::vector<kernel::Variant> variants,
                                                        kernel::BuilderOptions options, Progress& progress,
                                                        Interrupt& interrupt);

/// "6.12.117 862dca81ae7a, from the cache".
[[nodiscard]] std::string from_cache_text(const kernel::Kernel& kernel);

/// Whether the variable ASSAY_BUILD is "never". Error: usage, when it is anything else.
[[nodiscard]] Result<bool> building_is_forbidden();

}  // namespace assay::run
