// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace assay::agent::workloads {

/// What slab.alias counts.
struct SlabTally {
  std::int64_t pages = 0;
  std::int64_t exclusive_slab = 0;
  std::int64_t shared_slab = 0;
  std::int64_t freed_slab = 0;
  std::int64_t anon_frames = 0;
  std::int64_t anon_slab = 0;
  std::int64_t slab_frames = 0;
  std::int64_t slab_expected = 0;
  std::int64_t poisoned = 0;
  std::int64_t hwpoisoned = 0;
  std::int64_t ignored_as_slab = 0;
  std::int64_t recovered = 0;
  std::int64_t touches = 0;
  std::int64_t reads = 0;
  std::int64_t reading_us = 0;
  std::int64_t flickers = 0;
  std::int64_t slab_twice = 0;
};

struct SlabPlan {
  std::string_view kind;
  std::size_t size = 0;
  std::int64_t duration_ns = 0;
};

/// Looks in /proc/kpageflags at exclusive pages, at the same when a child has them, too, when they are freed,
/// and at all of memory. Throws.
[[nodiscard]] SlabTally scan_for_slab(const SlabPlan& plan);

/// Frees huge pages that are mapped one by one. Throws.
[[nodiscard]] SlabTally free_split(const SlabPlan& plan);

/// Poisons memory and reads in the kernel's log for what the kernel took it. Of huge pages one page each.
/// Throws.
[[nodiscard]] SlabTally poison_pages(const SlabPlan& plan, bool shared);

/// A thread writes to a few pages and frees them for ever, and another reads in /proc/kpageflags what their
/// frames are. Throws.
[[nodiscard]] SlabTally race_with_reader(const SlabPlan& plan);

}  // namespace assay::agent::workloads
