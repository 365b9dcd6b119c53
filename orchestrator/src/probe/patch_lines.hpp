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

/// Whether the variant has a series of its own: not that of the variant it extends.
[[nodiscard]] bool has_own_series(const kernel::Variant& variant);

/// The lines that the variant's own series adds or removes, by file, in the order of a diff. None for a
/// variant that extends no other. Errors: as kernel::build().
Task<Result<std::vector<PatchLine>>> patch_lines(kernel::Variant variant, kernel::BuilderOptions options);

/// The lines of only one of two files, either of which may be missing; `name` is what the result calls them.
/// Error: infrastructure.
Task<Result<std::vector<PatchLine>>> changed_lines(std::filesystem::path before, std::filesystem::path now,
                                                   std::string name);

/// The unpacked source of a variant, without its patches. Read only. Errors: as kernel::build().
Task<Result<std::filesystem::path>> source_of(kernel::Variant variant, kernel::BuilderOptions options);

/// Copies of the files of all `patches`, below `target`, with the first `count` of these applied. Errors: as
/// kernel::build().
Task<Status> patched_copies(std::filesystem::path source, std::filesystem::path target,
                            std::vector<series::SeriesPatch> patches, std::size_t count);

/// What became of a file under a series; "" for one that is not there.
struct FilePair {
  std::string before;
  std::string now;
};
/// The files of all `patches` before the first and after the last of them, by name. Error: as
/// series::parse_patch().
[[nodiscard]] Result<std::vector<FilePair>> files_of(const std::vector<series::SeriesPatch>& patches);

}  // namespace assay::probe
