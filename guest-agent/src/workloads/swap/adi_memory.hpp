// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"
#include "mm/patterned_pages.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace assay::agent::workloads {

inline constexpr int prot_adi = 0x10;  ///< PROT_ADI of sparc64: the memory has tags

/// /proc/adi_stat of patches/adi-software.
struct AdiStat {
  std::int64_t saved = 0;           ///< pages whose tags were stored
  std::int64_t save_failed = 0;     ///< that found no room
  std::int64_t restored = 0;        ///< whose tags came out of the store
  std::int64_t restore_missed = 0;  ///< for which nothing was stored
  std::int64_t allocated = 0;       ///< bytes of storage, ever
  std::int64_t freed = 0;
  std::int64_t users = 0;  ///< pages that the caller's tag store counts
  std::int64_t held = 0;   ///< bytes of storage of the caller

  /// Bytes that are allocated now.
  [[nodiscard]] std::int64_t in_use() const { return allocated - freed; }
};
/// Throws WorkloadSkip when this kernel has no ADI in software.
[[nodiscard]] AdiStat read_adi_stat();

/// Pages with a tag of 1 to 14 for each 64 bytes, known from the seed as their content is.
class TaggedPages {
 public:
  /// Writes pages and tags. `at`: an address where nothing is, or null. Throws; WorkloadSkip without ADI.
  TaggedPages(std::size_t pages, std::uint64_t seed, void* at = nullptr);

  [[nodiscard]] PatternedPages& memory() { return memory_; }
  [[nodiscard]] const PatternedPages& memory() const { return memory_; }
  /// Whether each tag of the page is as it was set. Faults the page in. Throws.
  [[nodiscard]] bool keeps(std::size_t index) const;
  /// Pages of which this is so. Throws.
  [[nodiscard]] std::int64_t count_kept() const;

 private:
  [[nodiscard]] std::vector<std::uint8_t> tags_of(std::size_t index) const;

  std::uint64_t seed_;
  PatternedPages memory_;
  UniqueFd tags_;
};

}  // namespace assay::agent::workloads
