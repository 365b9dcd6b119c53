// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "kernel/builder.hpp"
#include "kernel/variant.hpp"
#include "probe/report.hpp"

#include <filesystem>
#include <vector>

namespace assay::probe {

/// Whether the variant's own series changes a file of C.
[[nodiscard]] bool changes_c(const kernel::Variant& variant);

/// The lines of C that the variant's own series (not that of the variant it extends) adds or changes, as they
/// stand in the patched source, by file and line. None for a variant that extends no other.
/// Errors: as kernel::build().
Task<Result<std::vector<PatchLine>>> patch_lines(kernel::Variant variant, kernel::BuilderOptions options);

/// The lines of file `now` that are not in file `before`, which may be missing; `name` is what the result
/// calls the file. Error: infrastructure.
Task<Result<std::vector<PatchLine>>> new_lines(std::filesystem::path before, std::filesystem::path now,
                                               std::string name);

}  // namespace assay::probe
