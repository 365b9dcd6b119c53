// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace assay::agent::workloads {

/// Skips the workload unless this is a guest, and its kernel compacts memory on demand.
void require_compaction();

/// One pass over all zones, finished when it returns (/proc/sys/vm/compact_memory).
void compact_all_memory();

}  // namespace assay::agent::workloads
