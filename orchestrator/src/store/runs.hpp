// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "store/database.hpp"
#include "store/store.hpp"

#include <string>
#include <string_view>
#include <vector>

/// The tables run and kernel.
namespace assay::store {

/// The newest first: by start time, then by insertion. Throws SQLite::Exception.
[[nodiscard]] std::vector<RunInfo> read_runs(Database& database);

/// Called within a transaction. Error: usage, a run of this id exists. Throws SQLite::Exception.
[[nodiscard]] Status insert_run(Database& database, const RunInfo& run);

/// The rowid of a run. Error: usage, there is no such run. Throws SQLite::Exception.
[[nodiscard]] Result<std::int64_t> row_of_run(Database& database, const std::string& run);

/// Adds the kernel, or replaces the one of the same variant. Throws SQLite::Exception.
void put_kernel(Database& database, std::int64_t run, const KernelInfo& kernel);

/// Makes this process the run's writer and the run "running", which matters when a run is resumed.
/// Error: usage, another process that lives writes it. Throws SQLite::Exception.
[[nodiscard]] Status take_over(Database& database, std::int64_t run);

void plan_run(Database& database, std::int64_t run, unsigned planned, const std::string& settings);
void close_run(Database& database, std::int64_t run, std::string_view state);

/// The one run of `runs` (newest first) that `name` means: its id, the one id that begins with it, the one id
/// that contains it, or "last". Pure. Error: usage; lists the candidates, or what is near, or says that there
/// are no runs.
[[nodiscard]] Result<RunInfo> choose_run(const std::vector<RunInfo>& runs, std::string_view name);

}  // namespace assay::store
