// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mm/mapping.hpp"

#include <cstddef>
#include <cstdint>

namespace assay::agent {

/// Private anonymous memory in which every word of every page is known from a seed.
class PatternedPages {
 public:
  struct Layout {
    int protection = 0;      ///< added to reading and writing
    std::size_t stride = 0;  ///< bytes from page to page; 0: they follow each other
    void* at = nullptr;      ///< the address, if it matters: nothing is there
  };
  /// Writes all pages. Throws; WorkloadSkip when the kernel does not know the protection.
  PatternedPages(std::size_t pages, std::uint64_t seed, const Layout& layout);

  [[nodiscard]] const Mapping& mapping() const { return mapping_; }
  [[nodiscard]] std::size_t page_size() const { return page_size_; }
  [[nodiscard]] std::size_t pages() const { return pages_; }
  [[nodiscard]] std::byte* page(std::size_t index) const { return mapping_.data() + index * stride_; }
  /// Whether it was not freed.
  [[nodiscard]] bool has(std::size_t index) const { return index % step_ == 0; }
  /// How many were not.
  [[nodiscard]] std::size_t pages_left() const { return (pages_ + step_ - 1) / step_; }

  /// Asks reclaim once to take all pages. Throws.
  void page_out() const;
  /// Reads all pages: brings back those that are swapped out.
  [[nodiscard]] std::int64_t count_wrong() const;
  /// Pages that are swap entries. Throws.
  [[nodiscard]] std::int64_t count_swapped() const;
  /// Frees each second page: what remains is what compaction moves. Throws.
  void free_every_second();
  /// Moves the mapping by mremap(). Nothing is at `to`. Throws.
  void move_to(std::byte* to);
  /// Unmaps.
  void drop() { mapping_ = Mapping(); }

 private:
  std::size_t page_size_;
  std::size_t stride_;
  std::size_t pages_;
  std::uint64_t seed_;
  std::size_t step_ = 1;  ///< only each such page is there
  Mapping mapping_;
};

}  // namespace assay::agent
