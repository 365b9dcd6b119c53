// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "contract/workload.hpp"

/// Each workload by the function that describes it, in the order of their names: a new one is a line here.
/// A macro, because its function must be declared as well as called.
// clang-format off
#define ASSAY_ALL_WORKLOADS(each) \
  each(adi_tags) \
  each(anon_exclusive) \
  each(channel_flood) \
  each(fault_shared) \
  each(guest_crash) \
  each(idle) \
  each(memory_exhaust) \
  each(pin_cow) \
  each(seal_charge) \
  each(seal_order) \
  each(seal_pinned) \
  each(slab_alias) \
  each(swap_unmap_failure) \
  each(syscall_loop) \
  each(syscall_race) \
  each(unmovable_compaction) \
  each(unmovable_truncate_race)
// clang-format on

namespace assay::agent::workloads {

#define ASSAY_DECLARE(name) [[nodiscard]] Workload name();
ASSAY_ALL_WORKLOADS(ASSAY_DECLARE)
#undef ASSAY_DECLARE

}  // namespace assay::agent::workloads
