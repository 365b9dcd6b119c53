// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace assay::agent::workloads {

/// Swap on the guest's RAM disk, /dev/ram0, as long as this lives.
class RamSwap {
 public:
  /// Throws WorkloadSkip outside of a guest and where the kernel has no RAM disk or no swap.
  RamSwap();
  RamSwap(const RamSwap&) = delete;
  RamSwap& operator=(const RamSwap&) = delete;
  RamSwap(RamSwap&&) = delete;
  RamSwap& operator=(RamSwap&&) = delete;
  ~RamSwap();
};

}  // namespace assay::agent::workloads
