// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace assay::series {

/// A path as git writes it into patches: in quotes with escapes where it has unusual bytes, else as it is.
[[nodiscard]] std::string unquoted(std::string_view text);

/// The two paths behind "diff --git "; "" where blanks in them make it unclear.
[[nodiscard]] std::array<std::string, 2> git_names(std::string_view text);

/// "a/mm/slub.c" -> "mm/slub.c"; "" when there is no folder.
[[nodiscard]] std::string without_first_folder(std::string_view path);

}  // namespace assay::series
