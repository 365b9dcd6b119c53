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
#include "mm/write_tracking.hpp"
#include "workloads/anon/marker_scene.hpp"
#include "workloads/anon/tracked_acts.hpp"
#include "workloads/anon/write_at_once.hpp"

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

void protect(MarkerScene& scene) {
  protect_and_back(scene.area.bytes());
  look_and_write(scene, every_page);
}

void fork_and_protect(MarkerScene& scene) {
  fork_and_wait();
  protect_and_back(scene.area.bytes());
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
                                 MarkerAct{"protect-soft-dirty", protect_soft_dirty},
                                 MarkerAct{"protect-uffd", protect_uffd},
                                 MarkerAct{"fork-write-at-once", write_at_once},
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
