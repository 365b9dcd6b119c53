// SPDX-License-Identifier: GPL-2.0-or-later
// What the workload of pins is made of, as far as a host without the kernel's test driver goes.
#include "agent_process.hpp"
#include "contract/context.hpp"
#include "mm/anon_area.hpp"
#include "mm/held_pins.hpp"
#include "mm/huge_pages.hpp"
#include "workloads/anon/pin_leaks.hpp"
#include "workloads/anon/pin_trigger.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <set>

namespace assay::agent::workloads {
namespace {

constexpr int pin_skipped = 77;

TEST(PinTrigger, NamesAreCellsOfFigures) {
  const auto& names = PinTrigger::names();
  const std::set<std::string_view> different(names.begin(), names.end());
  EXPECT_EQ(different.size(), names.size());
  for (const auto name : names) {
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos) << name;
  }
}

TEST(PinTrigger, MprotectAndForksLeaveTheMemoryAsItIs) {
  AnonArea area("small", std::size_t{1} << 16U);
  area.write_all(7);
  std::optional<RamSwap> swap;
  for (const auto name : {"none", "fork_before", "fork_before_gone", "fork_after", "mprotect"}) {
    PinTrigger act(name, "small", area, swap);
    act.before_pin();
    act.after_pin();
    EXPECT_EQ(area.word(area.pages() - 1), 7U) << name;
  }
  EXPECT_FALSE(swap.has_value());
}

/// The page tables are asked, whatever the mark says.
TEST(PinTrigger, WhatDidNotHappenIsNotSeen) {
  AnonArea area("small", std::size_t{1} << 16U);
  area.write_all(7);
  std::optional<RamSwap> swap;
  for (const auto name : {"fork_after", "swap_after", "ksm_after"}) {
    EXPECT_THROW(PinTrigger(name, "small", area, swap).require_seen(), WorkloadSkip) << name;
  }
  PinTrigger forks("fork_after", "small", area, swap);
  forks.after_pin();
  EXPECT_NO_THROW(forks.require_seen());
  area.write_all(8);  // each page is copied, and the child has the old ones
  EXPECT_THROW(forks.require_seen(), WorkloadSkip);
}

TEST(PinTrigger, KsmAndSwapLeaveHugetlbAlone) {
  AnonArea area("small", std::size_t{1} << 16U);
  std::optional<RamSwap> swap;
  EXPECT_THROW(PinTrigger("ksm_before", "hugetlb", area, swap).before_pin(), WorkloadSkip);
  EXPECT_THROW(PinTrigger("swap_after", "hugetlb", area, swap).after_pin(), WorkloadSkip);
}

TEST(PinTrigger, SmallPagesAreAllJudged) {
  const AnonArea area("small", std::size_t{1} << 16U);
  const auto judged = judged_pages(area);
  ASSERT_EQ(judged.size(), area.pages());
  EXPECT_EQ(judged.back(), area.pages() - 1);
}

/// A kernel that pins other base pages than it should is seen where a pin begins within a huge page only.
TEST(PinTrigger, HugePagesAreJudgedInTheMiddleToo) {
  try {
    const AnonArea area("thp", 1);
    const auto runs = judged_runs(area);
    ASSERT_EQ(runs.size(), 2U);
    EXPECT_EQ(runs.at(0), 0U);
    EXPECT_EQ(runs.at(1), area.unit() / 2);
    const auto judged = judged_pages(area);
    ASSERT_EQ(judged.size(), 2 * judged_of_run(area));
    EXPECT_EQ(judged.at(judged_of_run(area)), runs.at(1));
  } catch (const WorkloadSkip& skip) {
    GTEST_SKIP() << skip.what();
  }
}

TEST(HeldPins, ARingSeesTheMemoryAndWritesIt) {
  const AnonArea area("small", std::size_t{1} << 16U);
  area.write_all(7);
  std::unique_ptr<HeldPins> pins;
  try {
    pins = hold_pins("ring", area.bytes());
  } catch (const WorkloadSkip& skip) {
    GTEST_SKIP() << skip.what();
  }
  std::vector<std::byte> copy(area.bytes().size());
  pins->read(copy);
  EXPECT_TRUE(std::ranges::equal(copy, area.bytes()));
  ASSERT_TRUE(pins->is_writable());
  std::ranges::fill(copy, std::byte{1});
  pins->write(copy);
  EXPECT_EQ(area.word(3), 0x0101010101010101U);
}

TEST(PinLeaks, ThisKernelHasNone) {
  constexpr std::size_t size = std::size_t{1} << 16U;
  EXPECT_EQ(count_leaks_to_child(AnonArea("small", size), 2), 0);
  EXPECT_EQ(count_leaks_to_parent(AnonArea("small", size), 2), 0);
}

TEST(HugePages, SmallPagesAreMappedByNoPmd) {
  const AnonArea area("small", std::size_t{1} << 16U);
  EXPECT_EQ(bytes_mapped_huge(area.bytes().data()), 0U);
}

TEST(PinCow, IsOnlyForGuests) {
  const Finished finished = run_agent({"--local", "pin.cow"});
  EXPECT_EQ(WEXITSTATUS(finished.status), pin_skipped) << finished.err;
}

}  // namespace
}  // namespace assay::agent::workloads
