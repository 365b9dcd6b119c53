// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"

#include <string>
#include <vector>

namespace assay::agent {

/// What the kernel prints from the construction on, as /dev/kmsg tells it.
class KernelLog {
 public:
  /// Throws WorkloadSkip where it cannot be read.
  KernelLog();

  /// The messages since the last call, without level and time. Throws.
  [[nodiscard]] std::vector<std::string> read_new() const;

 private:
  UniqueFd fd_;
};

}  // namespace assay::agent
