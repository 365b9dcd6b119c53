// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "store/database.hpp"
#include "store/runs.hpp"

#include <cstdint>

namespace assay::store {

/// How two copies of one run relate.
enum class Copies : std::uint8_t {
  alike,       ///< both have the same trials
  more_here,   ///< the other lacks trials
  more_there,  ///< the other has all of these trials, and more
};

/// Compares what cannot become another while a run goes on: what it is about, where and when it began, and
/// all that its trials recorded. A lost trial is none: it is run again when the run is resumed. Error: usage:
/// these are two runs of one name, or one that was resumed at two places; infrastructure.
[[nodiscard]] Result<Copies> compare_copies(Database& here, const RunInfo& ours, Database& there,
                                            const RunInfo& theirs);

}  // namespace assay::store
