// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mm/anon_area.hpp"
#include "mm/anon_child.hpp"
#include "mm/page_merging.hpp"
#include "mm/pagemap.hpp"
#include "mm/ram_swap.hpp"
#include "mm/write_tracking.hpp"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::agent::workloads {

/// Base pages that are pinned, merged, written and compared, in runs of pages that follow each other: where
/// each begins. Small ones are one run; of a huge page, all of which would take minutes, the first pages are
/// one, and another begins in its middle.
[[nodiscard]] std::vector<std::size_t> judged_runs(const AnonArea& area);
/// Pages of each run.
[[nodiscard]] std::size_t judged_of_run(const AnonArea& area);
/// The indices of all.
[[nodiscard]] std::vector<std::size_t> judged_pages(const AnonArea& area);

/// What happens to memory around the moment at which it is pinned; what that needs lives as long as this.
class PinTrigger {
 public:
  /// "none", "fork_before" and so on; names() has all. `swap` is filled when it is needed first.
  PinTrigger(std::string_view name, std::string_view page_kind, AnonArea& area, std::optional<RamSwap>& swap);

  [[nodiscard]] static const std::vector<std::string_view>& names();

  /// Both throw, WorkloadSkip when it cannot be had here or did not happen to all judged pages.
  void before_pin();
  void after_pin();
  /// Whether it happened to pages of which none is pinned, as the page tables and not the mark tell it.
  /// Throws WorkloadSkip when it did not happen to all.
  void require_seen() const;

 private:
  void fork_and_gone();
  void page_out(bool all);
  void protect_and_back(bool clean) const;
  void protect_by_uffd();
  void merge();
  void require_merged() const;
  void require_of_units(std::string_view what, bool (*seen)(PagemapEntry entry)) const;

  std::string_view name_;
  std::string_view page_kind_;
  AnonArea& area_;
  std::optional<RamSwap>& swap_;
  std::optional<SleepingChild> child_;
  std::optional<AnonArea> twin_;
  std::optional<PageMerging> merging_;
  std::optional<UffdProtection> protection_;
};

}  // namespace assay::agent::workloads
