// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "store/database.hpp"
#include "store/store.hpp"

#include <cstdint>
#include <map>
#include <string>

/// The tables kernel_text and text. All functions throw SQLite::Exception.
namespace assay::store {

/// Replaces what is kept of the run's kernel. Called within a transaction.
void put_texts(Database& database, std::int64_t run, const std::string& variant, const KernelTexts& texts);

/// By the kernel's variant. Every text is what its SHA-256 says.
[[nodiscard]] std::map<std::string, KernelTexts> read_texts(Database& database, std::int64_t run);

/// Removes the texts that no run has any more.
void drop_unused_texts(Database& database);

}  // namespace assay::store
