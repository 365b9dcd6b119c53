// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "unique_fd.hpp"

#include <sys/uio.h>

#include <vector>

namespace assay::agent::workloads {

/// Long-term writable GUP pins on memory of the process, as io_uring's registered buffers hold them.
class RingPins {
 public:
  static constexpr std::size_t most = 16'384;

  /// Throws WorkloadSkip when this kernel has no io_uring.
  RingPins();

  /// Pins all pages that the buffers touch; at most `most` of them, and once. Throws.
  void pin(const std::vector<iovec>& buffers) const;
  /// Takes the pins away. Throws.
  void release() const;

 private:
  UniqueFd ring_;
};

}  // namespace assay::agent::workloads
