// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "workload.hpp"

namespace assay::agent::workloads {

[[nodiscard]] Workload adi_tags();
[[nodiscard]] Workload anon_exclusive();
[[nodiscard]] Workload channel_flood();
[[nodiscard]] Workload fault_shared();
[[nodiscard]] Workload guest_crash();
[[nodiscard]] Workload idle();
[[nodiscard]] Workload memory_exhaust();
[[nodiscard]] Workload pin_cow();
[[nodiscard]] Workload seal_charge();
[[nodiscard]] Workload seal_pinned();
[[nodiscard]] Workload slab_alias();
[[nodiscard]] Workload swap_unmap_failure();
[[nodiscard]] Workload syscall_loop();
[[nodiscard]] Workload syscall_race();
[[nodiscard]] Workload unmovable_compaction();
[[nodiscard]] Workload unmovable_truncate_race();

}  // namespace assay::agent::workloads
