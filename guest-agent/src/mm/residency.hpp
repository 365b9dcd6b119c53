// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mm/mapping.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace assay::agent {

/// Reads one byte of each page.
void touch_pages(const Mapping& mapping);
/// Pages in this process' page tables, by /proc/self/pagemap. Throws.
[[nodiscard]] std::size_t count_mapped(const Mapping& mapping);
/// Pages that this process' page tables have as swap entries. Throws.
[[nodiscard]] std::size_t count_swapped(std::span<const std::byte> pages);
/// Mapped pages whose frame is marked as exclusive to one process (PG_anon_exclusive), by /proc/kpageflags.
/// Throws.
[[nodiscard]] std::size_t count_exclusive(std::span<const std::byte> pages);
/// Pages in memory, mapped or not, by mincore(). Throws.
[[nodiscard]] std::size_t count_resident(const Mapping& mapping);
/// Touches all pages, then asks reclaim to take them (MADV_PAGEOUT). Throws.
void page_out(const Mapping& mapping);

/// Folds the per-CPU statistics of memory, where there are any. Throws.
void fold_statistics();
/// Empties the per-CPU batches of LRU and mlock, and folds the per-CPU statistics: without that, counts are a
/// second late. Compacts memory on the way, so only in guests. Throws.
void settle_statistics();
/// Mlocked pages of the whole system. Throws.
[[nodiscard]] std::int64_t count_mlocked();

}  // namespace assay::agent
