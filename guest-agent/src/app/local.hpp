// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace assay::agent {

inline constexpr int exit_usage = 2;

struct LocalRun {
  std::string workload;
  std::vector<std::pair<std::string, std::string>> parameters;
  std::uint64_t seed = 1;
  bool json = false;
};

/// Runs one workload here, without a guest, in a process of its own, and prints what it found.
/// The value is the exit code: 0 pass, 1 fail, 2 wrong usage, 77 skip.
[[nodiscard]] int run_locally(const LocalRun& run);

}  // namespace assay::agent
