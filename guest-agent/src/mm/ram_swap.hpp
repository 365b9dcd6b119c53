// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mm/swap_area.hpp"

namespace assay::agent {

/// Swap on the guest's RAM disk as long as this lives.
class RamSwap {
 public:
  /// Throws WorkloadSkip outside of a guest and where the kernel has no RAM disk or no swap.
  RamSwap() = default;

 private:
  SwapArea area_{swap_device("ram")};
};

}  // namespace assay::agent
