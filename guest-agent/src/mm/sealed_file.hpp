// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"
#include "mm/mapping.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace assay::agent {

/// A memfd that can be sealed. What a page holds tells the page and a version apart in each word.
class SealedFile {
 public:
  enum class Fill : std::uint8_t {
    written,     ///< every page in version 0
    fallocated,  ///< pages that nobody has written or read yet: they read as zeros
    hugetlb,     ///< every page in version 0, in huge pages of hugetlbfs
  };

  /// Throws; of hugetlbfs when its pool has no pages for it.
  SealedFile(std::size_t pages, std::uint64_t seed, Fill fill = Fill::written);

  [[nodiscard]] std::size_t pages() const { return pages_; }
  [[nodiscard]] std::size_t page_size() const { return page_size_; }
  [[nodiscard]] std::size_t size() const { return pages_ * page_size_; }
  [[nodiscard]] int fd() const { return fd_.get(); }

  /// What this page holds in this version.
  [[nodiscard]] std::vector<std::byte> image(std::size_t page, std::uint64_t version) const;
  /// Writes it with pwrite(), or where hugetlbfs has none through a mapping. Throws.
  void write(std::size_t page, std::uint64_t version) const;
  /// Whether the whole page holds this version, by pread(). Throws.
  [[nodiscard]] bool holds(std::size_t page, std::uint64_t version) const;
  /// Whether the whole page is zero. Throws.
  [[nodiscard]] bool is_zero(std::size_t page) const;
  /// One hash for each page, by pread(). Throws.
  [[nodiscard]] std::vector<std::uint64_t> hashes() const;

  /// Sealing is refused while one of these exists. Throws.
  [[nodiscard]] Mapping map_writable() const;
  /// Through a read-only descriptor: up to 6.6, until e8e17ee90eaf ("mm: drop the assumption that VM_SHARED
  /// always implies writable"), a shared mapping through a writable one makes sealing fail, whatever its
  /// protection. Throws.
  [[nodiscard]] Mapping map_read_only() const;

  /// F_ADD_SEALS with F_SEAL_WRITE: 0 or the errno.
  [[nodiscard]] int seal() const;

 private:
  [[nodiscard]] std::vector<std::byte> read(std::size_t page) const;

  std::size_t pages_;
  std::size_t page_size_;
  std::uint64_t seed_;
  Fill fill_;
  UniqueFd fd_;
};

/// How many pages differ between two lists of hashes of the same file.
[[nodiscard]] std::size_t count_changed(std::span<const std::uint64_t> before,
                                        std::span<const std::uint64_t> after);

}  // namespace assay::agent
