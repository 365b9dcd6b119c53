// SPDX-License-Identifier: GPL-2.0-or-later
// What the swap and tag workloads are made of, as far as a host without a hook, swap and ADI goes.
#include "agent_process.hpp"
#include "mm/patterned_pages.hpp"
#include "mm/residency.hpp"
#include "mm/swap_area.hpp"
#include "workloads/swap/adi_acts.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>

namespace assay::agent::workloads {
namespace {

constexpr int swap_skipped = 77;

TEST(PatternedPages, NoticeOneChangedByte) {
  const PatternedPages pages(4, 7, {});
  EXPECT_EQ(pages.count_wrong(), 0);
  *(pages.page(2) + 100) ^= std::byte{1};
  *(pages.page(2) + 200) ^= std::byte{1};
  EXPECT_EQ(pages.count_wrong(), 1);
  EXPECT_EQ(count_mapped(pages.mapping()), 4U);
}

TEST(PatternedPages, FarApart) {
  constexpr std::size_t stride = std::size_t{1} << 20U;
  const PatternedPages pages(3, 7, {.protection = 0, .stride = stride, .at = nullptr});
  EXPECT_EQ(pages.page(2) - pages.page(0), static_cast<std::ptrdiff_t>(2 * stride));
  EXPECT_EQ(count_mapped(pages.mapping()), 3U);
  EXPECT_EQ(pages.count_swapped(), 0);
  EXPECT_EQ(pages.count_wrong(), 0);
}

TEST(PatternedPages, WhatWasFreedIsNotLookedAt) {
  PatternedPages pages(5, 7, {});
  EXPECT_EQ(pages.pages_left(), 5U);
  pages.free_every_second();
  EXPECT_EQ(pages.pages_left(), 3U);
  EXPECT_EQ(count_mapped(pages.mapping()), 3U);
  EXPECT_EQ(pages.count_wrong(), 0);
  *pages.page(4) ^= std::byte{1};
  EXPECT_EQ(pages.count_wrong(), 1);
}

TEST(PatternedPages, StayWhatTheyAreElsewhere) {
  PatternedPages pages(4, 7, {});
  std::byte* before = pages.page(0);
  const std::size_t size = pages.mapping().size();
  void* place = ::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(place, MAP_FAILED);
  pages.move_to(static_cast<std::byte*>(place));
  EXPECT_EQ(pages.page(0), place);
  EXPECT_NE(pages.page(0), before);
  EXPECT_EQ(pages.count_wrong(), 0);
}

TEST(Turns, AreTakenInOrder) {
  Turns turns;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    turns.be_child();
    turns.hand_over();
    ::_exit(3);
  }
  turns.be_parent();
  EXPECT_TRUE(turns.wait_for_turn());
  turns.give_back();
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 3);
  EXPECT_FALSE(turns.wait_for_turn());
}

TEST(SwapDevice, HasANameForEachKind) {
  EXPECT_EQ(swap_device("ram"), "/dev/ram0");
  EXPECT_EQ(swap_device("zram"), "/dev/zram0");
}

TEST(SwapWorkloads, TouchNoHost) {
  for (const std::string name : {"swap.unmap_failure", "adi.tags"}) {
    const Finished finished = run_agent({"--local", name});
    EXPECT_EQ(WEXITSTATUS(finished.status), swap_skipped) << name << " " << finished.err;
  }
}

}  // namespace
}  // namespace assay::agent::workloads
