// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "contract/parameters.hpp"
#include "mm/mapping.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace assay::agent {

/// Private anonymous memory of one kind of pages, all of it written by this process.
class AnonArea {
 public:
  /// "small", "thp" (mapped by PMDs where the kernel could) or "hugetlb": parameter "kind".
  [[nodiscard]] static ParameterSpec kind_parameter();

  /// `size` is rounded up to whole huge pages. Throws WorkloadSkip when this kernel has no such pages.
  AnonArea(std::string_view kind, std::size_t size);
  AnonArea(const AnonArea&) = delete;
  AnonArea& operator=(const AnonArea&) = delete;
  AnonArea(AnonArea&&) = delete;
  AnonArea& operator=(AnonArea&&) = delete;
  ~AnonArea();

  [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }
  [[nodiscard]] std::size_t page_size() const { return page_size_; }
  /// Base pages.
  [[nodiscard]] std::size_t pages() const { return bytes_.size() / page_size_; }
  [[nodiscard]] std::span<std::byte> page(std::size_t index) const {
    return bytes_.subspan(index * page_size_, page_size_);
  }
  /// Base pages of a unit that the kernel maps at once.
  [[nodiscard]] std::size_t unit() const { return unit_size_ / page_size_; }

  /// Writes the first word of a page, or of all.
  void write(std::size_t index, std::uint64_t word) const;
  void write_all(std::uint64_t word) const;
  /// The same for one page; whether that was no page fault.
  [[nodiscard]] bool write_without_fault(std::size_t index, std::uint64_t word) const;
  /// Has huge pages mapped one by one: the last page of each gets another protection for a moment. Throws.
  void split_mappings() const;
  /// Frees all pages. Throws.
  void zap() const;
  /// Reads the first word of a page.
  [[nodiscard]] std::uint64_t word(std::size_t index) const;

 private:
  Mapping map_;
  std::span<std::byte> bytes_;
  std::size_t page_size_;
  std::size_t unit_size_;
  bool has_reserved_ = false;
};

}  // namespace assay::agent
