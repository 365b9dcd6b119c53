// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "kernel/builder.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace assay::kernel {

/// All that can be known of a kernel before a compiler runs, but for its configuration: its source is there
/// and is a kernel's, the programs that build it are there, its patches fit. Errors: as build().
Task<Status> check_inputs(Variant variant, BuilderOptions options, ProgressSink progress);

/// Runs Kconfig, whose work the build goes on from: takes seconds. Errors: as build().
Task<Status> check_configuration(Variant variant, BuilderOptions options, ProgressSink progress);

/// The whole .config that `variant` would be built with, found out without compiling; in seconds, once its
/// source is unpacked. Errors: usage (a prebuilt kernel), build and infrastructure as build().
Task<Result<std::string>> configuration_of(Variant variant, BuilderOptions options, ProgressSink progress);

/// Whether a tree has these files (kernel_files() of an architecture). Error: usage, says what is missing.
[[nodiscard]] Status check_tree(const std::filesystem::path& tree, const std::vector<std::string>& files);

}  // namespace assay::kernel
