// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

/// What may stand in a results database. It may have been written by anybody, so what is read from it is
/// checked as a guest's frames are, by the readers of the tables and by Query.
namespace assay::store {

/// Says that the database holds what Assay does not write. Throws SQLite::Exception, as SQLite itself does
/// about a damaged file.
[[noreturn]] void refuse(const std::string& why);

/// Letters, digits, '.', '_' and '-', a letter or digit first, at most 128, and not "last": names of runs
/// become names of folders and stand on command lines.
[[nodiscard]] bool is_run_name(std::string_view name);
constexpr auto run_name_grammar =
    "names of runs are up to 128 letters, digits, '.', '_' and '-', with a letter or a digit in front";

/// Letters, digits, '.', '_' and '-', no dot in front: what stays in a folder when a path is made of it; or
/// "".
[[nodiscard]] bool is_file_name(std::string_view name);

/// Whether a guest's folder lies below its run's: names without a dot in front, joined by '/'; or "".
[[nodiscard]] bool is_guest_folder(std::string_view path);

/// Whether a text can be parsed and written as JSON without much of a stack; not whether it is right.
[[nodiscard]] bool is_shallow_json(std::string_view text);

}  // namespace assay::store
