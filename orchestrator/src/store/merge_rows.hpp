// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "store/database.hpp"

#include <cstdint>

namespace assay::store {

/// Copies what belongs to the run of row `run` in `there`, in all tables. Called within a transaction of
/// `here`, which has no run of that name. Error: `there` cannot be read. Throws what SQLite says of `here`.
[[nodiscard]] Status copy_rows(Database& here, Database& there, std::int64_t run);

}  // namespace assay::store
