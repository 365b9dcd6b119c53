// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/units.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace assay::trial {

/// What guests may use at the same time.
struct Capacity {
  unsigned guests = 1;          ///< at once
  Bytes memory{0};              ///< of all guests together, QEMU's own share included
  std::string limited_by = {};  ///< what allows less than the machine has, for people: "SLURM_CPUS_ON_NODE"
};

/// Where host_capacity() looks; tests have their own.
struct HostFiles {
  std::filesystem::path root = "/";                            ///< of /proc and /sys
  std::function<const char*(const char*)> variable = nullptr;  ///< of the environment; nullptr: std::getenv()
};

/// One guest per core: a guest's boot and most workloads keep one core busy, and under TCG each vCPU is a
/// thread that the host may put anywhere. Of the memory that is available now, three quarters. No more than
/// what this process was given: by its CPU affinity, by the limits of its cgroups (both versions), and by
/// Slurm (SLURM_CPUS_ON_NODE, SLURM_MEM_PER_NODE), which need not enforce what it grants.
[[nodiscard]] Capacity host_capacity(const HostFiles& files = {});

}  // namespace assay::trial
