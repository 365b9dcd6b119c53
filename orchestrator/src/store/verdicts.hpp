// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "store/database.hpp"
#include "verdict/verdict.hpp"

#include <vector>

/// The tables verdict, side, side_value and side_unusable.
namespace assay::store {

/// In the order they were written. Throws SQLite::Exception.
[[nodiscard]] Result<std::vector<verdict::ClaimVerdict>> read_verdicts(Database& database, std::int64_t run);

/// Replaces what the run has. Called within a transaction. Throws SQLite::Exception.
void replace_verdicts(Database& database, std::int64_t run,
                      const std::vector<verdict::ClaimVerdict>& verdicts);

}  // namespace assay::store
