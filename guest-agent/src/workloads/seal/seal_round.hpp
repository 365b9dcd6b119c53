// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace assay::agent::workloads {

/// What seal.pinned does to one file.
struct SealPlan {
  std::size_t pages = 0;
  std::size_t pinned = 0;
  std::string_view pin;       ///< a kind of page_pins.hpp
  std::uint64_t release = 0;  ///< ns after the call began; 0: held until all is checked
  bool writer = false;
  bool mapper = false;
  bool mlock = false;
  bool fallocated = false;    ///< nobody has written to the file
  bool hugetlb = false;       ///< a file of hugetlbfs
  bool elsewhere = false;     ///< made on CPU 1, sealed on CPU 0
  std::string_view memory;    ///< for copies: a value of Scarcity
  std::string_view swap_out;  ///< "none", "before" or "after"
  std::uint64_t seed = 0;
};

/// What was seen in one file, or summed over several.
struct SealTally {
  std::int64_t pins_seen = 0;
  std::int64_t sealed = 0;
  std::int64_t busy = 0;
  std::int64_t no_memory = 0;
  std::int64_t other_errors = 0;
  std::uint64_t call_ns = 0;      ///< of this file
  std::uint64_t released_ns = 0;  ///< after the call began; the longest; 0 when it was not while it ran
  std::int64_t relay_turns = 0;
  std::uint64_t relay_longest_ns = 0;

  std::int64_t written = 0;
  std::int64_t changed = 0;
  std::int64_t own_page = 0;
  std::int64_t swapped_out = 0;
  std::int64_t lost = 0;
  std::int64_t stale = 0;
  std::int64_t replaced = 0;
  std::int64_t failed = 0;  ///< these three as Scarcity has them
  std::int64_t huge_left = 0;
  std::int64_t complaints = 0;
  std::int64_t mapper_touches = 0;

  std::int64_t mapped_before = 0;
  std::int64_t mapped_after = 0;
  std::int64_t mapped_touched = 0;
  std::int64_t mlocked_before = 0;
  std::int64_t mlocked_after = 0;
  std::int64_t mlocked_touched = 0;

  std::int64_t wrong_content = 0;  ///< pages that did not hold what they held when the call began
  std::int64_t mapper_wrong = 0;

  SealTally& operator+=(const SealTally& other);
};

/// Makes a file, takes references on some of its pages, seals it and looks at what became of both. Throws.
[[nodiscard]] SealTally seal_one_file(const SealPlan& plan);

}  // namespace assay::agent::workloads
