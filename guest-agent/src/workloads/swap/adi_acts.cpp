// SPDX-License-Identifier: GPL-2.0-or-later
#include "workloads/swap/adi_acts.hpp"

#include "contract/context.hpp"
#include "mm/compaction.hpp"
#include "mm/pagemap.hpp"
#include "mm/residency.hpp"
#include "workloads/swap/adi_memory.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace assay::agent::workloads {
namespace {

/// An act and what it needs.
struct Scene {
  const AdiPlan& plan;
  const Turns& turns;
  AdiTally& sum;
  TaggedPages& pages;
};

void send_out(Scene& scene) {
  scene.pages.memory().page_out();
  scene.sum.swapped_out = scene.pages.memory().count_swapped();
  scene.sum.not_swapped_out =
      static_cast<std::int64_t>(scene.pages.memory().pages_left()) - scene.sum.swapped_out;
  scene.sum.users_out = read_adi_stat().users;
}

/// Faults everything in and reads the tags.
void look(Scene& scene) {
  scene.sum.wrong += scene.pages.memory().count_wrong();
  scene.sum.checked = static_cast<std::int64_t>(scene.pages.memory().pages());
  scene.sum.kept = scene.pages.count_kept();
  scene.sum.users_back = read_adi_stat().users;
}

void only_fault(Scene& scene) {
  send_out(scene);
  look(scene);
}

void be_turned_off(Scene& scene) {
  send_out(scene);
  scene.turns.hand_over();
  scene.sum.moved = static_cast<std::int64_t>(count_mapped(scene.pages.memory().mapping()));
  look(scene);
}

/// Without swap: compaction moves what stands between free pages. Only pages that moved are looked at.
void be_compacted(Scene& scene) {
  auto& memory = scene.pages.memory();
  memory.free_every_second();
  const auto before = frames_under(memory.mapping().bytes());
  compact_all_memory();
  const auto after = frames_under(memory.mapping().bytes());
  scene.sum.users_out = read_adi_stat().users;
  scene.sum.wrong += memory.count_wrong();
  for (std::size_t index = 0; index < memory.pages(); ++index) {
    if (memory.has(index) && before.at(index) != after.at(index)) {
      ++scene.sum.moved;
      scene.sum.kept += scene.pages.keeps(index) ? 1 : 0;
    }
  }
  scene.sum.checked = scene.sum.moved;
  scene.sum.users_back = read_adi_stat().users;
}

void be_unmapped(Scene& scene) { send_out(scene); }

/// The child's view of the tags; its memory is a copy of ours.
void fork_and_look(Scene& scene, bool child_first, bool child_writes) {
  send_out(scene);
  Turns turns;
  const pid_t child = ::fork();
  if (child < 0) {
    throw_errno("fork");
  }
  if (child == 0) {
    turns.be_child();
    const auto& memory = scene.pages.memory();
    if (!child_first) {
      turns.hand_over();
    }
    for (std::size_t index = 0; child_writes && index < memory.pages(); ++index) {
      auto* word = reinterpret_cast<volatile std::byte*>(memory.page(index));
      *word = *word;
    }
    scene.sum.wrong += memory.count_wrong();
    scene.sum.others = static_cast<std::int64_t>(memory.pages());
    scene.sum.others_kept = scene.pages.count_kept();
    if (child_first) {
      turns.hand_over();
    }
    scene.sum.others_kept_later = scene.pages.count_kept();
    ::_exit(0);
  }
  turns.be_parent();
  if (turns.wait_for_turn()) {
    look(scene);
    turns.give_back();
  }
  ::waitpid(child, nullptr, 0);
}

void fork_child_first(Scene& scene) { fork_and_look(scene, true, false); }
void fork_child_writes(Scene& scene) { fork_and_look(scene, true, true); }
void fork_parent_first(Scene& scene) { fork_and_look(scene, false, false); }

/// A place for so many bytes where nothing is, far from everything.
std::byte* free_place(std::size_t size) {
  void* at = ::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) {
    throw_errno("find a free place");
  }
  ::munmap(at, size);
  return static_cast<std::byte*>(at);
}

constexpr std::size_t far_away = std::size_t{64} << 20U;  // a descriptor of the tag store covers 8 MB

void be_moved(Scene& scene) {
  send_out(scene);
  scene.pages.memory().move_to(free_place(2 * far_away) + far_away);
  look(scene);
}

/// Into the range of the descriptor of others, which stay in swap meanwhile.
void be_moved_among_others(Scene& scene) {
  std::byte* place = free_place(3 * far_away) + far_away;
  const TaggedPages others(scene.plan.pages, scene.plan.seed + 1, place);
  others.memory().page_out();
  const std::int64_t before = read_adi_stat().users;
  send_out(scene);
  scene.sum.users_out -= before;
  scene.pages.memory().move_to(place + others.memory().mapping().size());
  look(scene);
  scene.sum.others = static_cast<std::int64_t>(others.memory().pages());
  scene.sum.wrong += others.memory().count_wrong();
  scene.sum.others_kept = others.count_kept();
  scene.sum.users_back = read_adi_stat().users;
}

void go_out_and_in(Scene& scene) {
  for (std::int64_t cycle = 0; cycle < scene.plan.cycles; ++cycle) {
    send_out(scene);
    look(scene);
  }
}

/// Some pages are said to be pinned after their tags were stored.
void be_pinned(Scene& scene) {
  send_out(scene);
  scene.plan.pins->stop();
  scene.sum.pinned = scene.plan.pins->hits();
  look(scene);
}

struct Act {
  std::string_view name;
  void (*perform)(Scene& scene);
};

constexpr std::array acts{Act{"fault", only_fault},
                          Act{"swapoff", be_turned_off},
                          Act{"compaction", be_compacted},
                          Act{"munmap", be_unmapped},
                          Act{"fork-child-first", fork_child_first},
                          Act{"fork-child-writes", fork_child_writes},
                          Act{"fork-parent-first", fork_parent_first},
                          Act{"mremap", be_moved},
                          Act{"mremap-among-others", be_moved_among_others},
                          Act{"cycles", go_out_and_in},
                          Act{pinning_act, be_pinned}};

}  // namespace

std::vector<std::string_view> adi_act_names() {
  std::vector<std::string_view> names;
  for (const Act& act : acts) {
    names.push_back(act.name);
  }
  return names;
}

void do_adi_act(const AdiPlan& plan, const Turns& turns, AdiTally& sum) {
  TaggedPages pages(plan.pages, plan.seed);
  sum.tagged = pages.count_kept();
  const AdiStat before = read_adi_stat();
  Scene scene{plan, turns, sum, pages};
  const auto act =
      std::find_if(acts.begin(), acts.end(), [&](const Act& one) { return one.name == plan.act; });
  act->perform(scene);
  const AdiStat after = read_adi_stat();
  sum.saved = after.saved - before.saved;
  sum.restored = after.restored - before.restored;
  sum.restore_missed = after.restore_missed - before.restore_missed;
  pages.memory().drop();
  const AdiStat unmapped = read_adi_stat();
  sum.users_unmapped = unmapped.users;
  sum.held_unmapped = unmapped.held;
}

}  // namespace assay::agent::workloads
