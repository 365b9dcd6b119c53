// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mm/anon_area.hpp"
#include "mm/frame_flags.hpp"
#include "mm/pagemap.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
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
  std::int64_t tracked = 0;  ///< whose next write somebody is to be told of
  std::int64_t told = 0;     ///< of these whose write was told
  std::int64_t waited = 0;   ///< of writes of two processes at once, those during which one slept
  std::int64_t wrong = 0;    ///< that held something else than was written
};

/// What an act of anon.exclusive is done to, and what it has counted so far.
struct MarkerScene {
  const AnonArea& area;
  const FrameFlags& flags;
  unsigned marker;
  std::vector<Pfn> before;  ///< the frames when all was written
  MarkerTally sum{};
};

/// Whether the act did to a page what it is called: by its place, its frame now, and the frame's flags.
using Reached = std::function<bool(std::size_t index, Pfn frame, std::uint64_t flags)>;

/// To every page that is there.
[[nodiscard]] bool every_page(std::size_t index, Pfn frame, std::uint64_t flags);

/// Which of the pages that the act reached are marked now. Throws.
void look_at_pages(MarkerScene& scene, const Reached& reached);
/// Writes to all pages twice: what a first write has mapped for writing, a second finds so. Throws.
void write_and_look(MarkerScene& scene);
/// Both. Throws.
void look_and_write(MarkerScene& scene, const Reached& reached);
/// Frames of before of which `held` says by their flags that somebody has them still. Throws.
void look_at_old_frames(MarkerScene& scene, const std::function<bool(std::uint64_t flags)>& held);

}  // namespace assay::agent::workloads
