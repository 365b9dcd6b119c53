// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace assay::series {

/// One "@@ -1,2 +3,4 @@ function" of a patch.
struct Hunk {
  std::string header;
  std::size_t line = 0;       ///< of the patch, from 1
  std::size_t old_begin = 0;  ///< 1 of the above
  std::size_t new_begin = 0;  ///< 3
};

/// What a patch does to one file. Paths are without their first folder ("a/"); "" is /dev/null. A file that
/// is renamed, copied, created or deleted empty, or given another mode may have no hunk.
struct FilePatch {
  std::string old_path;
  std::string new_path;
  std::vector<Hunk> hunks;
  bool is_copy = false;  ///< the old file stays
};

/// The files and hunks of a unified diff, text around them ignored.
/// Error: build, with the line: a path that leaves the tree, a symbolic link, a hunk that is cut off, or
/// nothing to apply at all.
[[nodiscard]] Result<std::vector<FilePatch>> parse_patch(std::string_view text);

/// Whether a unified diff or a git header stands anywhere in the text; it may still be wrong in itself.
[[nodiscard]] bool has_diff(std::string_view text);

/// What of the text is applied: equal in two mails that differ in their prose only. The whole text when it
/// cannot be parsed.
[[nodiscard]] std::string diff_of(std::string_view text);

/// The text behind the message of its mail, as git tells them apart: a line of prose is no hunk.
[[nodiscard]] std::string_view behind_message(std::string_view text);

}  // namespace assay::series
