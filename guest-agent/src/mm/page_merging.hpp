// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mm/kernel_files.hpp"

#include <cstddef>
#include <span>

namespace assay::agent {

/// KSM, at work as long as this lives.
class PageMerging {
 public:
  /// Throws WorkloadSkip on a kernel without KSM.
  PageMerging();

  /// Offers pages; they need to have equals among all that were offered. Throws.
  static void offer(std::span<std::byte> pages);
  /// Returns when all that is offered was looked at three times, which is enough to merge equals (the first
  /// takes a checksum). Throws WorkloadSkip when that takes longer than ten seconds.
  static void scan();
  /// Pages that were merged, by /proc/kpageflags. Throws.
  [[nodiscard]] static std::size_t count_merged(std::span<const std::byte> pages);

 private:
  KernelSetting pages_;
  KernelSetting sleep_;
  KernelSetting run_;
};

}  // namespace assay::agent
