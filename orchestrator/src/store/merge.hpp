// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace assay::store {

/// What merge_results() does, or would do, with a run of the other database.
struct MergedRun {
  enum class Fate : std::uint8_t {
    added,     ///< it was not here
    replaced,  ///< it was here without all of its trials
    known,     ///< it is here already, with all of its trials
    running,   ///< somebody still writes it, here or there: left alone
  };
  std::string id;
  Fate fate = Fate::added;
  unsigned trials = 0;  ///< that have ended, in the other database
};

/// What merge_results() would do, in the order of the runs' ids; `into` need not be there. Changes nothing.
/// Errors: as merge_results().
[[nodiscard]] Result<std::vector<MergedRun>> compare_results(const std::filesystem::path& into,
                                                             const std::filesystem::path& from);

/// Merges the runs of the database `from` into `into`, all or none; `from` is only read, as read_store()
/// reads, and everything in it is checked. Error: usage: `from` is not there or no results database, or a
/// run of it is here with other content; infrastructure.
[[nodiscard]] Result<std::vector<MergedRun>> merge_results(const std::filesystem::path& into,
                                                           const std::filesystem::path& from);

}  // namespace assay::store
