// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <filesystem>

/// The files of an SQLite database, looked at from outside: opening and closing one of them would drop the
/// locks that another connection of this process holds on it.
namespace assay::store {

/// Whether this process may also write the database while it reads it, by another store.
enum class Process : std::uint8_t { only_reads, may_write };

/// What changes whenever somebody writes a database.
struct DatabaseFiles {
  struct File {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = -1;  ///< -1: it is not there
    std::int64_t modified_ns = 0;
    bool operator==(const File&) const = default;
  };
  File main;
  File log;      ///< -wal: pages that are not in the main file yet
  File journal;  ///< -journal: pages of a transaction that did not end, where the database has no log
  bool operator==(const DatabaseFiles&) const = default;
};

/// As they are now; none need be there. Error: usage: one of them is no regular file, as a link is.
[[nodiscard]] Result<DatabaseFiles> look_at(const std::filesystem::path& database);

/// Whether a process has the database open to write, this one too. False where that cannot be told.
[[nodiscard]] bool is_in_use(const std::filesystem::path& database);

}  // namespace assay::store
