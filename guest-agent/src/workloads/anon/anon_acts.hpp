// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace assay::agent::workloads {

/// What anon.exclusive counts, in base pages.
struct MarkerTally {
  std::int64_t pages = 0;              ///< that were written
  std::int64_t units = 0;              ///< that the kernel can map at once: pages or huge pages
  std::int64_t marked_before = 0;      ///< exclusive before the act
  std::int64_t reached = 0;            ///< to which the act did what it is called
  std::int64_t marked = 0;             ///< of these that are exclusive now
  std::int64_t same_frame = 0;         ///< of these that are in the frame of before
  std::int64_t old_frames = 0;         ///< frames of before that somebody still holds, but no page has
  std::int64_t old_frames_marked = 0;  ///< of these that are marked
  std::int64_t child_marked = 0;       ///< exclusive, as a child of fork() sees its pages
  std::int64_t writable = 0;           ///< writes at the end that were no fault
  std::int64_t writable_unmarked = 0;  ///< of these to pages that were not exclusive just before
  std::int64_t written_in_place = 0;   ///< that had the same frame before and after they were written
  std::int64_t marked_written = 0;     ///< exclusive when they were written
  std::int64_t child_in_place = 0;     ///< the same two for the child, which writes after its parent
  std::int64_t child_marked_written = 0;
  std::int64_t wrong = 0;  ///< that held something else than was written
};

struct MarkerPlan {
  std::string_view act;
  std::string_view kind;
  std::size_t size = 0;
};

/// The acts, as the workload's parameter names them.
[[nodiscard]] std::vector<std::string_view> marker_act_names();

/// Writes memory, does something to it, and looks which pages are marked as exclusive. Throws.
[[nodiscard]] MarkerTally do_marker_act(const MarkerPlan& plan);

}  // namespace assay::agent::workloads
