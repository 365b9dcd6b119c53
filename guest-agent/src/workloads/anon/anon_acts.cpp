// SPDX-License-Identifier: GPL-2.0-or-later
#include "workloads/anon/anon_acts.hpp"

#include "contract/context.hpp"
#include "mm/anon_area.hpp"
#include "mm/anon_child.hpp"
#include "mm/compaction.hpp"
#include "mm/frame_flags.hpp"
#include "mm/kernel_files.hpp"
#include "mm/pagemap.hpp"
#include "mm/pipe_references.hpp"
#include "mm/swap_area.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <sstream>
#include <thread>

namespace assay::agent::workloads {
namespace {

// MADV_COLLAPSE, which our C library does not know: 7d8faaf15545 ("mm/madvise: introduce MADV_COLLAPSE sync
// hugepage collapse", 6.1).
constexpr int madv_collapse = 25;

struct MarkerScene {
  const AnonArea& area;
  const FrameFlags& flags;
  unsigned marker;
  std::vector<Pfn> before;  ///< the frames when all was written
  MarkerTally sum{};
};

/// Whether the act did to a page what it is called: by its place, its frame now, and the frame's flags.
using Reached = std::function<bool(std::size_t index, Pfn frame, std::uint64_t flags)>;

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

/// Frames of before of which `held` says by their flags that somebody has them still.
void look_at_old_frames(MarkerScene& scene, const std::function<bool(std::uint64_t flags)>& held) {
  scene.sum.old_frames = scene.flags.count_if(scene.before, held);
  scene.sum.old_frames_marked = scene.flags.count_if(
      scene.before, [&](std::uint64_t flags) { return held(flags) && has_flag(flags, scene.marker); });
}

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

/// Twice: what a first write has mapped for writing, a second finds so.
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

/// With a child that has the same pages: it looks first, and writes last.
void with_child(MarkerScene& scene, const std::function<void()>& act) {
  MarkerChild child(scene.area, scene.flags, scene.marker);
  scene.sum.child_marked = child.marked();
  act();
  child.write();
  scene.sum.child_in_place = child.in_place();
  scene.sum.child_marked_written = child.marked_written();
}

void fork_and_wait() {
  if (const pid_t child = fork_or_throw(); child == 0) {
    ::_exit(0);
  } else {
    wait_for_end(child);
  }
}

void do_nothing(MarkerScene& scene) { look_and_write(scene, every_page); }

void fork_with_child(MarkerScene& scene) {
  with_child(scene, [&] { look_and_write(scene, every_page); });
}

void fork_without_child(MarkerScene& scene) {
  fork_and_wait();
  look_and_write(scene, every_page);
}

void protect_all(const MarkerScene& scene) {
  for (const int protection : {PROT_READ, PROT_READ | PROT_WRITE}) {
    if (::mprotect(scene.area.bytes().data(), scene.area.bytes().size(), protection) != 0) {
      throw_errno("protect the pages");
    }
  }
}

void protect(MarkerScene& scene) {
  protect_all(scene);
  look_and_write(scene, every_page);
}

void fork_and_protect(MarkerScene& scene) {
  fork_and_wait();
  protect_all(scene);
  look_and_write(scene, every_page);
}

std::vector<bool> send_to_swap(const MarkerScene& scene) {
  const auto bytes = scene.area.bytes();
  if (::madvise(bytes.data(), bytes.size(), MADV_PAGEOUT) != 0) {
    throw_errno("page out");
  }
  std::vector<bool> swapped;
  for (const PagemapEntry entry : pagemap_of(bytes)) {
    swapped.push_back(entry.is_swapped());
  }
  return swapped;
}

void read_all(const MarkerScene& scene) {
  for (std::size_t index = 0; index < scene.area.pages(); ++index) {
    (void)scene.area.word(index);
  }
}

/// Out to the disk, and read from there.
void swap_out_and_in(MarkerScene& scene) {
  const SwapArea disk(swap_device("ram"));
  const auto swapped = send_to_swap(scene);
  read_all(scene);
  look_and_write(scene, [&](std::size_t index, auto...) { return swapped.at(index); });
}

/// Unmapped, but found again in the swap cache: with a reference a page is not freed.
void swap_and_find_again(MarkerScene& scene) {
  const SwapArea disk(swap_device("ram"));
  auto references = PipeReferences::by_vmsplice(scene.area.bytes(), scene.area.page_size());
  const auto swapped = send_to_swap(scene);
  look_at_old_frames(scene, [](std::uint64_t flags) {
    return has_flag(flags, KPF_SWAPCACHE) && !has_flag(flags, KPF_MMAP);
  });
  read_all(scene);
  look_at_pages(scene, [&](std::size_t index, Pfn frame, auto...) {
    return swapped.at(index) && frame == scene.before.at(index);
  });
  references.release();
  write_and_look(scene);
}

/// What a child shares is read from swap.
void swap_and_fork(MarkerScene& scene) {
  const SwapArea disk(swap_device("ram"));
  const auto swapped = send_to_swap(scene);
  with_child(scene, [&] {
    read_all(scene);
    look_and_write(scene, [&](std::size_t index, auto...) { return swapped.at(index); });
  });
}

/// Compaction moves what stands between free pages.
void free_every_second_page(MarkerScene& scene) {
  for (std::size_t index = 1; index < scene.area.pages(); index += 2) {
    const auto page = scene.area.page(index);
    if (::madvise(page.data(), page.size(), MADV_DONTNEED) != 0) {
      throw_errno("free a page");
    }
    scene.before.at(index) = no_frame;
  }
}

void compact_and_look(MarkerScene& scene) {
  compact_all_memory();
  look_and_write(scene, [&](std::size_t index, Pfn frame, auto...) {
    return frame != no_frame && frame != scene.before.at(index);
  });
}

void migrate(MarkerScene& scene) {
  require_compaction();
  free_every_second_page(scene);
  compact_and_look(scene);
}

void migrate_shared(MarkerScene& scene) {
  require_compaction();
  free_every_second_page(scene);
  with_child(scene, [&] { compact_and_look(scene); });
}

/// All pages are equal, and become one.
void merge(MarkerScene& scene) {
  require_guest("merges equal pages");
  const auto bytes = scene.area.bytes();
  if (::madvise(bytes.data(), bytes.size(), MADV_MERGEABLE) != 0) {
    throw WorkloadSkip("this kernel cannot merge pages: it lacks CONFIG_KSM");
  }
  const KernelSetting no_sleep("/sys/kernel/mm/ksm/sleep_millisecs", "0");
  const KernelSetting many("/sys/kernel/mm/ksm/pages_to_scan", "1000");
  {
    const KernelSetting run("/sys/kernel/mm/ksm/run", "1");
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (scene.flags.count(frames_under(bytes), KPF_KSM) < scene.sum.pages &&
           std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  look_and_write(scene, [](auto, auto, std::uint64_t flags) { return has_flag(flags, KPF_KSM); });
}

bool is_huge(std::size_t /*index*/, Pfn /*frame*/, std::uint64_t flags) { return has_flag(flags, KPF_THP); }

void split_mapping(MarkerScene& scene) {
  scene.area.split_mappings();
  look_and_write(scene, is_huge);
}

void split_shared_mapping(MarkerScene& scene) {
  fork_and_wait();
  scene.area.split_mappings();
  look_and_write(scene, is_huge);
}

void split_page(MarkerScene& scene) {
  constexpr const char* file = "/sys/kernel/debug/split_huge_pages";
  require_guest("splits huge pages");
  const auto from = reinterpret_cast<std::uintptr_t>(scene.area.bytes().data());
  std::ostringstream order;
  order << ::getpid() << std::hex << ",0x" << from << ",0x" << from + scene.area.bytes().size();
  write_kernel_file(file, order.str());
  look_and_write(scene, [](std::size_t index, Pfn frame, std::uint64_t flags) {
    return frame != no_frame && !is_huge(index, frame, flags);
  });
}

/// Small mappings of a huge page become a mapping of a huge page again.
void collapse(MarkerScene& scene) {
  scene.area.split_mappings();
  if (::madvise(scene.area.bytes().data(), scene.area.bytes().size(), madv_collapse) != 0) {
    throw_errno("collapse the pages");
  }
  look_and_write(scene, [&](std::size_t index, Pfn frame, std::uint64_t flags) {
    return is_huge(index, frame, flags) && frame != scene.before.at(index);
  });
}

/// Unmapped, but not freed.
void zap(MarkerScene& scene) {
  const auto references = PipeReferences::by_vmsplice(scene.area.bytes(), scene.area.page_size());
  scene.area.zap();
  look_at_old_frames(
      scene, [](std::uint64_t flags) { return has_flag(flags, KPF_ANON) && !has_flag(flags, KPF_MMAP); });
}

/// Freed: frames that are anonymous are somebody else's already.
void free_all(MarkerScene& scene) {
  scene.area.zap();
  look_at_old_frames(scene, [](std::uint64_t flags) { return !has_flag(flags, KPF_ANON); });
}

void poison(MarkerScene& scene) {
  require_guest("poisons memory");
  for (std::size_t index = 0; index < scene.area.pages(); index += scene.area.unit()) {
    const auto page = scene.area.page(index);
    if (::madvise(page.data(), page.size(), MADV_HWPOISON) != 0) {
      throw WorkloadSkip("this kernel cannot poison pages: it lacks CONFIG_MEMORY_FAILURE");
    }
  }
  look_at_old_frames(scene, [](std::uint64_t flags) { return has_flag(flags, KPF_HWPOISON); });
}

struct MarkerAct {
  std::string_view name;
  void (*perform)(MarkerScene& scene);
};

constexpr std::array marker_acts{MarkerAct{"none", do_nothing},
                                 MarkerAct{"fork", fork_with_child},
                                 MarkerAct{"fork-exit", fork_without_child},
                                 MarkerAct{"protect", protect},
                                 MarkerAct{"fork-exit-protect", fork_and_protect},
                                 MarkerAct{"swap", swap_out_and_in},
                                 MarkerAct{"swap-cached", swap_and_find_again},
                                 MarkerAct{"swap-fork", swap_and_fork},
                                 MarkerAct{"migrate", migrate},
                                 MarkerAct{"migrate-shared", migrate_shared},
                                 MarkerAct{"merge", merge},
                                 MarkerAct{"split-mapping", split_mapping},
                                 MarkerAct{"fork-exit-split-mapping", split_shared_mapping},
                                 MarkerAct{"split-page", split_page},
                                 MarkerAct{"collapse", collapse},
                                 MarkerAct{"zap", zap},
                                 MarkerAct{"free", free_all},
                                 MarkerAct{"poison", poison}};

}  // namespace

std::vector<std::string_view> marker_act_names() {
  std::vector<std::string_view> names;
  for (const MarkerAct& act : marker_acts) {
    names.push_back(act.name);
  }
  return names;
}

MarkerTally do_marker_act(const MarkerPlan& plan) {
  const FrameFlags flags;
  const unsigned marker = exclusive_flag(flags);
  const AnonArea area(plan.kind, plan.size);
  MarkerScene scene{.area = area, .flags = flags, .marker = marker, .before = frames_under(area.bytes())};
  scene.sum.pages = static_cast<std::int64_t>(area.pages());
  scene.sum.units = static_cast<std::int64_t>(area.pages() / area.unit());
  scene.sum.marked_before = flags.count(scene.before, marker);
  const auto* act = std::ranges::find(marker_acts, plan.act, &MarkerAct::name);
  act->perform(scene);
  return scene.sum;
}

}  // namespace assay::agent::workloads
