// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "contract/context.hpp"
#include "contract/parameters.hpp"
#include "metrics/proc_file.hpp"
#include "mm/kernel_files.hpp"
#include "mm/ring_pins.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace assay::agent {

/// Skips the workload unless this is a guest, and its kernel compacts memory on demand.
void require_compaction();

/// One pass over all zones, finished when it returns (/proc/sys/vm/compact_memory). It empties the CPUs'
/// batches of the LRU first. Throws.
void compact_all_memory();

/// Passes of the kernel's own threads (kcompactd), which other than compact_all_memory() must not wait for
/// I/O. While this lives they make no pass unasked, as they do for fragmented memory by default.
class Kcompactd {
 public:
  /// Throws.
  Kcompactd();
  /// One proactive pass over all zones of the nodes that are fragmented, finished when it returns. Throws,
  /// also when none is, and WorkloadSkip when this kernel makes no such passes.
  void pass() const;

 private:
  [[nodiscard]] bool is_asleep() const;

  std::optional<KernelSetting> unasked_;
  std::vector<std::string> states_;  ///< /proc/PID/stat of each
};

/// What each pass scanned, isolated and migrated, by vmstat.
class PassCounters {
 public:
  PassCounters();
  /// The changes since the call before, or since the constructor: "compact_migrate_scanned=4096 ...", with
  /// the names of vmstat. Those that this kernel lacks are left out.
  [[nodiscard]] std::string since_last();

 private:
  std::optional<ProcFile> vmstat_;
  std::vector<std::int64_t> before_;
  std::vector<std::int64_t> now_;
};

/// Most of the free memory, free again but for a pinned anonymous page every so many bytes: a zone in which
/// compaction has much to do. In memory that is free in large blocks a pass ends early: it does not break
/// them up, and so has nowhere to move folios to. Compaction passes the pinned pages over, so that none of
/// them fails to move.
class Fragments {
 public:
  /// How many bytes: parameter "pin_every"; 0: nothing is fragmented.
  [[nodiscard]] static ParameterSpec parameter();

  /// Throws, also WorkloadSkip.
  explicit Fragments(const Context& context);
  [[nodiscard]] std::size_t pinned() const { return pinned_; }

 private:
  void pin_every(std::size_t distance);

  std::optional<RingPins> pins_;
  std::size_t pinned_ = 0;
};

}  // namespace assay::agent
