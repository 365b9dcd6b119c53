// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "store/database.hpp"
#include "store/store.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

/// Reads back what TrialWriter wrote. Each function throws SQLite::Exception, and wants to be called within
/// one transaction, to see one state of the database.
namespace assay::store {

/// The trials that ended, in the order in which they began.
[[nodiscard]] Result<std::vector<trial::TrialRecord>> read_trials(Database& database, std::int64_t run);

/// The rowid of a trial, ended or not; nothing when it was never begun.
[[nodiscard]] std::optional<std::int64_t> row_of_trial(Database& database, std::int64_t run,
                                                       const trial::TrialKey& key);

/// In the order of the metrics' ids; no `metrics` for all. A metric that the guest never named is called
/// "#ID".
[[nodiscard]] Result<std::vector<MetricSeries>> read_samples(Database& database, std::int64_t trial,
                                                             const std::vector<std::string>& metrics);

/// Those that the guest named, in the order of their ids.
[[nodiscard]] std::vector<trial::MetricInfo> read_metrics(Database& database, std::int64_t trial);

/// In the order they were written.
[[nodiscard]] std::vector<trial::TrialEvent> read_events(Database& database, std::int64_t trial);

}  // namespace assay::store
