// SPDX-License-Identifier: GPL-2.0-or-later
#include "workloads/compaction.hpp"

#include "context.hpp"
#include "workloads/kernel_files.hpp"

#include <unistd.h>

namespace assay::agent::workloads {
namespace {

constexpr const char* compact_memory = "/proc/sys/vm/compact_memory";

}  // namespace

void require_compaction() {
  require_guest("compacts the memory of the whole machine");
  if (::access(compact_memory, W_OK) != 0) {
    throw WorkloadSkip("this kernel has no /proc/sys/vm/compact_memory: it lacks CONFIG_COMPACTION");
  }
}

void compact_all_memory() { write_kernel_file(compact_memory, "1"); }

}  // namespace assay::agent::workloads
