// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "kernel/series.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace assay::kernel {

/// One "@@ -1,2 +3,4 @@ function" of a patch.
struct Hunk {
  std::string header;
  std::size_t line = 0;  ///< of the patch, from 1
};

/// What a patch does to one file. Paths are as written, without their first folder ("a/"); "" is /dev/null.
struct FilePatch {
  std::string old_path;
  std::string new_path;
  std::vector<Hunk> hunks;
};

/// The files and hunks of a unified diff, text around them ignored.
/// Error: build, with the line: a path that leaves the tree, a symbolic link, a binary patch, a hunk that is
/// cut off, or nothing to apply at all.
[[nodiscard]] Result<std::vector<FilePatch>> parse_patch(std::string_view text);

/// Whether a unified diff or a git header stands anywhere in the text; it may still be wrong in itself.
[[nodiscard]] bool has_diff(std::string_view text);

/// Copies the files that the patch changes from `source` to `target`, unless they are there already.
/// Errors: build (as parse_patch), infrastructure.
[[nodiscard]] Status copy_patched_files(const std::filesystem::path& source,
                                        const std::filesystem::path& target, const SeriesPatch& patch);

/// Applies the patch to `tree`, or takes it back, with fuzz 0. Files with several hard links are replaced,
/// never written to. Error: build, names the patch, the file, and the hunks that do not fit.
Task<Status> apply_patch(std::filesystem::path tree, SeriesPatch patch);

}  // namespace assay::kernel
