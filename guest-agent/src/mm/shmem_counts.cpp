// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/shmem_counts.hpp"

#include "contract/context.hpp"
#include "mm/huge_pages.hpp"
#include "mm/residency.hpp"

#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>

namespace assay::agent {
namespace {

std::int64_t page_size() { return ::sysconf(_SC_PAGESIZE); }

}  // namespace

ShmemCounts& ShmemCounts::operator+=(const ShmemCounts& other) {
  shmem += other.shmem;
  file += other.file;
  huge += other.huge;
  return *this;
}

ShmemCounts& ShmemCounts::operator-=(const ShmemCounts& other) {
  shmem -= other.shmem;
  file -= other.file;
  huge -= other.huge;
  return *this;
}

std::int64_t ShmemCounts::distance() const { return std::abs(shmem) + std::abs(file) + std::abs(huge); }

ShmemCounts shmem_counts_of(const MemoryCgroup& cgroup) {
  return {.shmem = cgroup.stat("shmem") / page_size(),
          .file = cgroup.stat("file") / page_size(),
          .huge = cgroup.stat("shmem_thp") / page_size()};
}

ShmemCounts shmem_counts_of_node(unsigned node) {
  fold_statistics();
  std::ifstream file("/sys/devices/system/node/node" + std::to_string(node) + "/vmstat");
  if (!file) {
    throw WorkloadSkip("this guest has no NUMA node " + std::to_string(node) +
                       ": it takes `nodes` of a machine, and a kernel with CONFIG_NUMA");
  }
  ShmemCounts counts;
  std::string name;
  for (std::int64_t value = 0; file >> name >> value;) {
    if (name == "nr_shmem") {
      counts.shmem = value;
    } else if (name == "nr_file_pages") {
      counts.file = value;
    } else if (name == "nr_shmem_hugepages") {  // told in huge pages
      counts.huge = value * (static_cast<std::int64_t>(hugetlb_page_bytes()) / page_size());
    }
  }
  return counts;
}

void bind_to_node(unsigned node) {
  const unsigned long mask = 1UL << node;
  if (::syscall(SYS_set_mempolicy, MPOL_BIND, &mask, std::numeric_limits<unsigned long>::digits) != 0) {
    throw_errno("bind memory to a NUMA node");
  }
}

}  // namespace assay::agent
