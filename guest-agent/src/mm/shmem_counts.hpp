// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mm/memory_cgroup.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace assay::agent {

/// Where the kernel counts pages of shared memory: as such, as pages of files, and those of huge pages.
/// In base pages.
struct ShmemCounts {
  std::int64_t shmem = 0;
  std::int64_t file = 0;
  std::int64_t huge = 0;

  ShmemCounts& operator+=(const ShmemCounts& other);
  ShmemCounts& operator-=(const ShmemCounts& other);
  /// How far the three are from 0 together.
  [[nodiscard]] std::int64_t distance() const;
};

/// memory.stat of a cgroup, exact to some 64 pages a CPU. Throws.
[[nodiscard]] ShmemCounts shmem_counts_of(const MemoryCgroup& cgroup);
/// nr_shmem, nr_file_pages and nr_shmem_hugepages of a NUMA node, exact. Throws; WorkloadSkip where there is
/// no such node.
[[nodiscard]] ShmemCounts shmem_counts_of_node(unsigned node);

/// What this thread allocates from now on comes from this NUMA node only. Throws.
void bind_to_node(unsigned node);

}  // namespace assay::agent
