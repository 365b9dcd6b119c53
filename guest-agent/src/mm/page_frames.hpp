// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mm/pagemap.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace assay::agent {

/// The frames of memory that files or processes of a cgroup have, as the kernel tells them for each frame in
/// /proc/kpagecgroup and /proc/kpageflags: also for files that nobody can map.
class PageFrames {
 public:
  enum class Of : std::uint8_t { files, anonymous };

  /// All of one kind that are charged to the cgroup with this inode number now; slabs and page tables are of
  /// neither. Throws WorkloadSkip without these files (CONFIG_PROC_PAGE_MONITOR, CONFIG_MEMCG, root).
  PageFrames(std::uint64_t cgroup, Of kind);

  [[nodiscard]] std::size_t count() const { return frames_.size(); }
  /// How many are on an LRU list (KPF_LRU); those in a batch of a CPU's are not yet.
  [[nodiscard]] std::size_t on_lru() const { return on_lru_; }
  /// How many are on the unevictable one (KPF_UNEVICTABLE).
  [[nodiscard]] std::size_t unevictable() const { return unevictable_; }
  /// How many are dirty (KPF_DIRTY).
  [[nodiscard]] std::size_t dirty() const { return dirty_; }
  /// Frames of this that `later` does not have: what was in them has moved, or is gone.
  [[nodiscard]] std::size_t missing_from(const PageFrames& later) const;

 private:
  std::vector<Pfn> frames_;  ///< ascending
  std::size_t on_lru_ = 0;
  std::size_t unevictable_ = 0;
  std::size_t dirty_ = 0;
};

}  // namespace assay::agent
