// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"
#include "mm/pagemap.hpp"

#include <linux/kernel-page-flags.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace assay::agent {

/// /proc/kpageflags: what the kernel says of page frames.
class FrameFlags {
 public:
  /// Throws WorkloadSkip without it (CONFIG_PROC_PAGE_MONITOR, root).
  FrameFlags();

  /// Of one frame; 0 for no_frame. Throws.
  [[nodiscard]] std::uint64_t of(Pfn frame) const;
  /// Of frames that follow each other. Throws.
  void read(Pfn first, std::span<std::uint64_t> flags) const;
  /// How many of the frames have this flag of linux/kernel-page-flags.h. Throws.
  [[nodiscard]] std::int64_t count(std::span<const Pfn> frames, unsigned flag) const;
  [[nodiscard]] std::int64_t count_if(std::span<const Pfn> frames,
                                      const std::function<bool(std::uint64_t flags)>& wanted) const;

 private:
  UniqueFd fd_;
};

[[nodiscard]] constexpr bool has_flag(std::uint64_t flags, unsigned flag) {
  return (flags >> flag & 1U) != 0;
}

/// Which flag of /proc/kpageflags tells PG_anon_exclusive. The bit of PG_mappedtodisk, unless the kernel
/// keeps the mark in PG_slab and does not hide that. Found out by looking at a page that is exclusive for
/// sure. Throws WorkloadSkip on a kernel that shows it nowhere.
[[nodiscard]] unsigned exclusive_flag(const FrameFlags& flags);

}  // namespace assay::agent
