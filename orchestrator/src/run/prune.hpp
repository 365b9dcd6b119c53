// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/units.hpp"
#include "run/places.hpp"
#include "store/store.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::run {

/// Which runs are no longer wanted.
struct PruneWish {
  std::vector<std::string> runs;       ///< just these, by id or a part that no other has
  std::optional<unsigned> keep;        ///< the newest so many of each experiment stay: 10
  std::optional<unsigned> older_than;  ///< only what began so many days ago; then none is kept but by `keep`
};

struct PrunableRun {
  store::RunInfo run;
  Bytes size;  ///< in the database and in its folder
};

/// The runs that would go; never one that goes on. Takes the database, so that it is closed when they are
/// removed: the file is to shrink. Errors: usage: there is no such run, or it goes on; infrastructure.
[[nodiscard]] Result<std::vector<PrunableRun>> prunable_runs(const Places& places,
                                                             std::unique_ptr<store::Store> results,
                                                             const PruneWish& wish);

/// Removes them: from the database, then their folders, none of which lies behind a link. Errors: usage,
/// infrastructure.
[[nodiscard]] Status remove_runs(const Places& places, const std::vector<PrunableRun>& all);

}  // namespace assay::run
