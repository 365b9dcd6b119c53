// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mm/turns.hpp"
#include "mm/unmap_failures.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace assay::agent::workloads {

/// What adi.tags counts. Plain memory: processes share it.
struct AdiTally {
  std::int64_t tagged = 0;
  std::int64_t swapped_out = 0;
  std::int64_t not_swapped_out = 0;
  std::int64_t moved = 0;
  std::int64_t pinned = 0;
  std::int64_t checked = 0;
  std::int64_t kept = 0;
  std::int64_t others = 0;
  std::int64_t others_kept = 0;
  std::int64_t others_kept_later = 0;
  std::int64_t wrong = 0;
  std::int64_t saved = 0;
  std::int64_t restored = 0;
  std::int64_t restore_missed = 0;
  std::int64_t users_out = 0;
  std::int64_t users_back = 0;
  std::int64_t users_unmapped = 0;
  std::int64_t held_unmapped = 0;
};

struct AdiPlan {
  std::string_view act;
  std::size_t pages = 0;
  std::int64_t cycles = 0;
  std::uint64_t seed = 0;
  UnmapFailures* pins = nullptr;  ///< of act "pinned": pages are said to be pinned until they are stopped
};

inline constexpr std::string_view pinning_act = "pinned";
/// The acts, as the workload's parameter names them.
[[nodiscard]] std::vector<std::string_view> adi_act_names();

/// Tags memory, pages it out, does the act and looks what became of the tags. For a process of its own: how
/// much storage it leaves behind for good is seen when it has ended. Throws.
void do_adi_act(const AdiPlan& plan, const Turns& turns, AdiTally& sum);

}  // namespace assay::agent::workloads
