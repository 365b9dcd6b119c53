// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "contract/workload.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace assay::agent {

/// Swap on a block device of the guest, from the construction on.
class SwapArea {
 public:
  /// `device` is a file of /dev; a zram device is given a size. Writes the header in the page size and byte
  /// order of the guest. Throws WorkloadSkip outside of a guest and where the kernel has no such device or no
  /// swap.
  explicit SwapArea(std::string device);
  SwapArea(const SwapArea&) = delete;
  SwapArea& operator=(const SwapArea&) = delete;
  SwapArea(SwapArea&&) = delete;
  SwapArea& operator=(SwapArea&&) = delete;
  /// Turns it off, unless turn_off() was tried; gives up after seconds.
  ~SwapArea();

  /// Pages in use, by /proc/swaps: includes those that caches of each CPU hold. Throws.
  [[nodiscard]] std::int64_t used_pages() const;

  struct End {
    bool ended = false;    ///< swapoff() returned by itself
    int error = 0;         ///< what it returned then
    std::uint64_t ns = 0;  ///< how long it took or was given
  };
  /// swapoff() in a process of its own, which is killed after `limit_ns`: with an entry in use that nobody
  /// has it never returns. Throws when there can be no such process.
  End turn_off(std::uint64_t limit_ns);

 private:
  std::string device_;
  bool on_ = false;
};

/// Parameter "device": where swap is.
[[nodiscard]] ParameterSpec swap_device_parameter(std::string_view default_value);

/// A value of that parameter as the file in /dev.
[[nodiscard]] std::string swap_device(std::string_view kind);

/// Gives the entries that the kernel keeps for each CPU back: it does when any swap area is turned off, and
/// the second RAM disk is one. Throws, WorkloadSkip without that disk.
void drain_swap_caches();

}  // namespace assay::agent
