// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "workloads/ring_pins.hpp"

#include <cstddef>
#include <cstdint>

namespace assay::agent::workloads {

/// Skips the workload unless this is a guest, and its kernel compacts memory on demand.
void require_compaction();

/// One pass over all zones, finished when it returns (/proc/sys/vm/compact_memory). It empties the CPUs'
/// batches of the LRU first. Throws.
void compact_all_memory();

/// Half of the free memory, free again but for a pinned anonymous page every `distance` bytes: a zone in
/// which compaction has much to do. Without it a pass over a whole zone ends early, because nothing needs to
/// be moved. Compaction passes the pinned pages over, so that none of them fails to move.
class Fragments {
 public:
  /// Throws, also WorkloadSkip.
  explicit Fragments(std::uint64_t distance);
  [[nodiscard]] std::size_t pinned() const { return pinned_; }

 private:
  RingPins pins_;
  std::size_t pinned_ = 0;
};

}  // namespace assay::agent::workloads
