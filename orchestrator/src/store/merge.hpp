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
    replaced,  ///< it was here with fewer trials
    known,     ///< it is here already, with as many trials or more
    running,   ///< somebody still writes it, here or there: left alone
  };
  std::string id;
  Fate fate = Fate::added;
  unsigned trials = 0;  ///< that have ended, in the other database
};

/// Merges the runs of the database `from` into `into`, all or none; `from` is only read, also while others
/// write it or when its schema is older. With `dry` nothing is changed. In the order of their ids. Error:
/// usage: `from` is not there or no results database; infrastructure.
[[nodiscard]] Result<std::vector<MergedRun>> merge_results(const std::filesystem::path& into,
                                                           const std::filesystem::path& from, bool dry);

}  // namespace assay::store
