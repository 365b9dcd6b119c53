// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "kernel/kernel.hpp"
#include "kernel/variant.hpp"

#include <string>
#include <vector>

namespace assay::kernel {

/// All that can be known of kernels before a compiler runs. First of all of them that their sources are there
/// and are kernels', the programs that build them are there, their patches fit; then what Kconfig says, whose
/// work builds go on from: it takes seconds. What one extends comes before it, so that the error is of the
/// kernel that has it. Errors: as build().
Task<Status> check(std::vector<Variant> variants, BuilderOptions options, ProgressSink progress);

/// The whole .config that `variant` would be built with, found out without compiling; in seconds, once its
/// source is unpacked. Errors: usage (a prebuilt kernel), build and infrastructure as build().
Task<Result<std::string>> configuration_of(Variant variant, BuilderOptions options, ProgressSink progress);

}  // namespace assay::kernel
