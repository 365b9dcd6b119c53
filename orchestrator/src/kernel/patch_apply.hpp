// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "series/series.hpp"

#include <filesystem>

namespace assay::kernel {

/// Copies the files that the patch changes from `source` to `target`, unless they are there already: for a
/// series, of all patches before the first is applied. Errors: build (as series::parse_patch),
/// infrastructure.
[[nodiscard]] Status copy_patched_files(const std::filesystem::path& source,
                                        const std::filesystem::path& target,
                                        const series::SeriesPatch& patch);

/// Applies the patch to `tree`, or takes it back, as git does it, without fuzz, and all or nothing. What is
/// never unpacked (left_out.hpp) is passed over. Files with several hard links are replaced, never written
/// to. Error: build, names the patch, the file, and the hunks that do not fit; or says that all of it is
/// there already.
Task<Status> apply_patch(std::filesystem::path tree, series::SeriesPatch patch);

/// Whether the tree is as the patch leaves it; false for one that is passed over.
Task<Result<bool>> is_applied(std::filesystem::path tree, series::SeriesPatch patch);

}  // namespace assay::kernel
