// SPDX-License-Identifier: GPL-2.0-or-later
#include "workloads/anon/marker_scene.hpp"

#include <span>

namespace assay::agent::workloads {
namespace {

/// Which pages are marked now.
std::vector<bool> marks_of(const MarkerScene& scene, std::span<const std::byte> pages) {
  std::vector<bool> marks;
  for (const Pfn frame : frames_under(pages)) {
    marks.push_back(has_flag(scene.flags.of(frame), scene.marker));
  }
  return marks;
}

/// Writes to all pages of a unit that are there. Which of them were mapped for writing? Were those marked?
void write_unit(MarkerScene& scene, std::size_t first, const std::vector<bool>& marks, std::uint64_t word) {
  bool head_marked = false;
  for (std::size_t index = first; index < first + scene.area.unit(); ++index) {
    if (scene.before.at(index) == no_frame) {
      continue;
    }
    const bool writable = scene.area.write_without_fault(index, word);
    scene.sum.writable += writable ? 1 : 0;
    scene.sum.writable_unmarked += writable && !marks.at(index) && !head_marked ? 1 : 0;
    if (index == first && scene.area.unit() > 1) {
      // Of a huge page that is mapped at once only the first page is marked, now that it was written.
      head_marked = marks_of(scene, scene.area.page(first))[0];
    }
  }
}

void write_pages(MarkerScene& scene, std::uint64_t word) {
  const auto marks = marks_of(scene, scene.area.bytes());
  for (std::size_t first = 0; first < scene.area.pages(); first += scene.area.unit()) {
    write_unit(scene, first, marks, word);
  }
}

std::int64_t count_wrong(const MarkerScene& scene, std::uint64_t expected) {
  std::int64_t wrong = 0;
  for (std::size_t index = 0; index < scene.area.pages(); ++index) {
    wrong += scene.before.at(index) != no_frame && scene.area.word(index) != expected ? 1 : 0;
  }
  return wrong;
}

}  // namespace

bool every_page(std::size_t /*index*/, Pfn frame, std::uint64_t /*flags*/) { return frame != no_frame; }

void look_at_pages(MarkerScene& scene, const Reached& reached) {
  const auto now = frames_under(scene.area.bytes());
  for (std::size_t index = 0; index < now.size(); ++index) {
    const std::uint64_t flags = scene.flags.of(now.at(index));
    if (reached(index, now.at(index), flags)) {
      ++scene.sum.reached;
      scene.sum.marked += has_flag(flags, scene.marker) ? 1 : 0;
      scene.sum.same_frame += now.at(index) == scene.before.at(index) ? 1 : 0;
    }
  }
}

void write_and_look(MarkerScene& scene) {
  scene.sum.wrong += count_wrong(scene, 1);
  const auto frames = frames_under(scene.area.bytes());
  write_pages(scene, 2);
  write_pages(scene, 3);
  const auto written = frames_under(scene.area.bytes());
  for (std::size_t index = 0; index < scene.area.pages(); ++index) {
    if (scene.before.at(index) != no_frame) {
      scene.sum.written_in_place += written.at(index) == frames.at(index) ? 1 : 0;
      scene.sum.marked_written += has_flag(scene.flags.of(written.at(index)), scene.marker) ? 1 : 0;
    }
  }
  scene.sum.wrong += count_wrong(scene, 3);
}

void look_and_write(MarkerScene& scene, const Reached& reached) {
  look_at_pages(scene, reached);
  write_and_look(scene);
}

void look_at_old_frames(MarkerScene& scene, const std::function<bool(std::uint64_t flags)>& held) {
  scene.sum.old_frames = scene.flags.count_if(scene.before, held);
  scene.sum.old_frames_marked = scene.flags.count_if(
      scene.before, [&](std::uint64_t flags) { return held(flags) && has_flag(flags, scene.marker); });
}

}  // namespace assay::agent::workloads
