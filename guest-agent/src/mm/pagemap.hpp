// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace assay::agent {

/// A page frame number. Not a bare number: what the kernel's files say of a frame is one.
enum class Pfn : std::uint64_t {};

/// Of a page that is not there. Not 0, which is a frame like others on sparc64.
inline constexpr Pfn no_frame{~std::uint64_t{0}};

/// The frame so many after it.
[[nodiscard]] constexpr Pfn operator+(Pfn frame, std::size_t further) {
  return Pfn{static_cast<std::uint64_t>(frame) + further};
}

/// What /proc/self/pagemap says of a page.
class PagemapEntry {
 public:
  PagemapEntry() = default;

  /// In this process' page tables.
  [[nodiscard]] constexpr bool is_mapped() const { return has(63); }
  /// In them as a swap entry.
  [[nodiscard]] constexpr bool is_swapped() const { return has(62); }
  /// In these page tables and in no others, and there only once.
  [[nodiscard]] constexpr bool is_mapped_once() const { return has(56); }
  [[nodiscard]] constexpr bool is_soft_dirty() const { return has(55); }
  /// no_frame when it is not mapped.
  [[nodiscard]] constexpr Pfn frame() const {
    return is_mapped() ? Pfn{word_ & ((std::uint64_t{1} << 55U) - 1)} : no_frame;
  }

 private:
  [[nodiscard]] constexpr bool has(unsigned bit) const { return (word_ >> bit & 1U) != 0; }

  std::uint64_t word_ = 0;
};

/// The entries of these pages. Throws.
[[nodiscard]] std::vector<PagemapEntry> pagemap_of(std::span<const std::byte> pages);
/// The frames under them. Throws.
[[nodiscard]] std::vector<Pfn> frames_under(std::span<const std::byte> pages);

}  // namespace assay::agent
