// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "store/database_files.hpp"
#include "store/store.hpp"

#include <filesystem>
#include <memory>

namespace assay::store {

/// Opens or creates. A database of an older schema is migrated; one of a newer schema, or a file that is not
/// a database, is a usage error that says so. Error: infrastructure (disk full, locked, unreadable).
[[nodiscard]] Result<std::unique_ptr<Store>> open_store(const std::filesystem::path& path);

/// Opens to read: neither the file nor what lies beside it is written, created or migrated, and need not be
/// writable. Others may write it meanwhile: what is read is of one moment, each time of the latest. Who wrote
/// the file is not trusted. Errors: as open_store(), and usage: there is no such file.
[[nodiscard]] Result<std::unique_ptr<Store>> read_store(const std::filesystem::path& path, Process process);

/// What there is to read where nothing was ever written.
[[nodiscard]] std::unique_ptr<Store> no_results();

}  // namespace assay::store
