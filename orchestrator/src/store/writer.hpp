// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace assay::store {

/// Which process writes a run, so that nobody mistakes a later one with the same pid for it.
struct Writer {
  std::int64_t pid = 0;
  std::int64_t start = 0;  ///< clock ticks since boot, field 22 of /proc/PID/stat
  std::string boot;        ///< /proc/sys/kernel/random/boot_id
  bool operator==(const Writer&) const = default;
};

[[nodiscard]] Writer this_process();

/// Whether that process still runs (a zombie does not) on this machine, since the same boot.
[[nodiscard]] bool alive(const Writer& writer);

}  // namespace assay::store
