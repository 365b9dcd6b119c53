// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"

#include <filesystem>
#include <span>

namespace SQLite {
class Database;
}

namespace assay::store {

/// One step of the schema's history: SQL that takes a database from the version before to the next. A step
/// that was released never changes; results/README.md describes what the last one leaves.
using Migration = const char*;

/// Step i leads to version i + 1 (PRAGMA user_version).
[[nodiscard]] std::span<const Migration> migrations();

/// What a database of Assay says of itself (PRAGMA application_id): "ASSY".
inline constexpr int application_id = 0x41535359;

/// Checks that this is an empty file or a results database of a version up to the last of `steps`.
/// Error: usage, names the file and, for a newer schema, both versions. Throws SQLite::Exception.
[[nodiscard]] Status check_schema(SQLite::Database& database, const std::filesystem::path& path,
                                  std::span<const Migration> steps);

/// Runs the steps that the database lacks in one transaction: all or none. Throws SQLite::Exception.
void migrate(SQLite::Database& database, std::span<const Migration> steps);

}  // namespace assay::store
