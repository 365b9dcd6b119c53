// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mm/pagemap.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace assay::agent {

/// The frames of memory that the page cache of files holds for a cgroup, as the kernel tells them for each
/// frame in /proc/kpagecgroup and /proc/kpageflags: also for files that nobody can map.
class PageFrames {
 public:
  /// All that are charged to the cgroup with this inode number now, but for slabs, page tables and anonymous
  /// memory. Throws WorkloadSkip without these files (CONFIG_PROC_PAGE_MONITOR, CONFIG_MEMCG, root).
  explicit PageFrames(std::uint64_t cgroup);

  [[nodiscard]] std::size_t count() const { return frames_.size(); }
  /// How many are on an LRU list (KPF_LRU); those in a batch of a CPU's are not yet.
  [[nodiscard]] std::size_t on_lru() const { return on_lru_; }
  /// How many are on the unevictable one (KPF_UNEVICTABLE).
  [[nodiscard]] std::size_t unevictable() const { return unevictable_; }
  /// Frames of this that `later` does not have: what was in them has moved, or is gone.
  [[nodiscard]] std::size_t missing_from(const PageFrames& later) const;

 private:
  std::vector<Pfn> frames_;  ///< ascending
  std::size_t on_lru_ = 0;
  std::size_t unevictable_ = 0;
};

}  // namespace assay::agent
