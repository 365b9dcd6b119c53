// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload.hpp"
#include "workloads/all.hpp"

#include <algorithm>

namespace assay::agent {

const std::vector<Workload>& all_workloads() {
  static const std::vector<Workload> workloads{
      workloads::adi_tags(),       workloads::anon_exclusive(),       workloads::channel_flood(),
      workloads::fault_shared(),   workloads::guest_crash(),          workloads::idle(),
      workloads::memory_exhaust(), workloads::seal_charge(),          workloads::seal_pinned(),
      workloads::slab_alias(),     workloads::swap_unmap_failure(),   workloads::syscall_loop(),
      workloads::syscall_race(),   workloads::unmovable_compaction(), workloads::unmovable_truncate_race(),
  };
  return workloads;
}

const Workload* find_workload(std::string_view name) {
  const auto& workloads = all_workloads();
  const auto found = std::ranges::find(workloads, name, &Workload::name);
  return found == workloads.end() ? nullptr : &*found;
}

}  // namespace assay::agent
