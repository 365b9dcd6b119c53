// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mm/anon_area.hpp"

#include <cstdint>

namespace assay::agent::workloads {

/// Both share the area by fork(). One of them takes references on the first base page of each unit by
/// vmsplice() and unmaps it, the other writes `word`: how many units the holder of the references sees that
/// in. The area holds something else everywhere, and is of no use afterwards. Both throw, WorkloadSkip when
/// the references do not see the memory at first.

/// The child holds references, the parent writes.
[[nodiscard]] std::int64_t count_leaks_to_child(const AnonArea& area, std::uint64_t word);
/// The parent holds references, the child writes.
[[nodiscard]] std::int64_t count_leaks_to_parent(const AnonArea& area, std::uint64_t word);

}  // namespace assay::agent::workloads
