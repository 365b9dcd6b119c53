// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"
#include "mm/swap_area.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace assay::agent::workloads {

/// What fault.shared maps and how it touches it.
struct FaultPlan {
  std::string_view mapping;  ///< "memfd", "perf", ...: as parameter mapping explains them
  std::size_t pages = 0;
  bool write = false;
  bool cold = false;
  std::uint64_t seed = 0;

  [[nodiscard]] bool is_perf() const { return mapping == "perf" || mapping == "perf-refused"; }
  [[nodiscard]] bool is_perf_page() const { return mapping == "perf-page"; }
  [[nodiscard]] bool is_swap() const { return mapping == "swap-disk"; }
  /// No page of it may be written, though all are mapped for writing.
  [[nodiscard]] bool is_refused() const {
    return mapping == "perf-refused" || mapping == "memfd-end" || is_swap();
  }
  [[nodiscard]] bool is_vcpu() const { return mapping == "kvm-vcpu"; }
  /// What is mapped is memory of the kernel's, to be read only: no file is behind it.
  [[nodiscard]] bool is_kernels() const { return is_perf() || is_vcpu(); }
  [[nodiscard]] bool is_private() const { return mapping == "private-file"; }
};

/// A mapping whose pages can be taken out of the page tables again and again. Each page holds one word that
/// is looked at, at an offset that the seed chooses.
class FaultArea {
 public:
  /// Throws WorkloadSkip when this kernel or user cannot have such a mapping.
  explicit FaultArea(const FaultPlan& plan);
  FaultArea(const FaultArea&) = delete;
  FaultArea& operator=(const FaultArea&) = delete;
  FaultArea(FaultArea&&) = delete;
  FaultArea& operator=(FaultArea&&) = delete;
  ~FaultArea();

  /// Takes all pages out of the page tables, with a cold plan also out of the page cache.
  void clear();
  /// First touch of a page: writes its word of this round, or reads it. False when a SIGBUS came of it.
  bool touch(std::size_t page, std::uint64_t round) const;
  /// Whether a page that was touched in this round holds what it must.
  [[nodiscard]] bool is_right(std::size_t page, std::uint64_t round) const;
  /// Pages in memory, by mincore().
  [[nodiscard]] std::size_t resident() const;
  /// Pages of the file behind a private mapping that a write to the mapping changed.
  [[nodiscard]] std::size_t changed_in_file() const;

 private:
  void open_file();
  void open_perf();
  void open_perf_pages();
  void open_vcpu();
  void open_swap_disk();
  void fill();
  [[nodiscard]] std::size_t offset_of(std::size_t page) const;
  [[nodiscard]] std::uint64_t file_word(std::size_t page) const;
  [[nodiscard]] std::uint64_t word(std::size_t page, std::uint64_t round) const;

  FaultPlan plan_;
  std::size_t page_size_;
  UniqueFd fd_;
  std::optional<SwapArea> swap_;
  std::vector<UniqueFd> events_;  ///< of perf, one for each page
  std::byte* map_ = nullptr;
  std::size_t map_size_ = 0;
  std::byte* base_ = nullptr;
};

}  // namespace assay::agent::workloads
