// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "store/store.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>

namespace assay::store {

/// Whether this process may also write the database while it reads it, by another store.
enum class Process : std::uint8_t { only_reads, may_write };

/// Opens to read: neither the file nor what lies beside it is written, created or migrated, and need not be
/// writable. Others may write it meanwhile: what is read is of one moment, each time of the latest. Who wrote
/// the file is not trusted. Errors: as open_store(), and usage: there is no such file.
[[nodiscard]] Result<std::unique_ptr<Store>> read_store(const std::filesystem::path& path, Process process);

/// What there is to read where nothing was ever written.
[[nodiscard]] std::unique_ptr<Store> no_results();

}  // namespace assay::store
