// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "kernel/kernel.hpp"
#include "kernel/variant.hpp"

#include <filesystem>
#include <vector>

namespace assay::kernel {

/// The folders in which a debugger finds the lines of a kernel, of which the first that has a file counts:
/// `own`, where the files that the variant's patches change are written to as they were compiled, and the
/// source, which is unpacked if need be. None of a prebuilt kernel. Errors: as build().
Task<Result<std::vector<std::filesystem::path>>> debug_sources(Variant variant, BuilderOptions options,
                                                               std::filesystem::path own,
                                                               ProgressSink progress);

}  // namespace assay::kernel
