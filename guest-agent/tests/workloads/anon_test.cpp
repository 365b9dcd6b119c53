// SPDX-License-Identifier: GPL-2.0-or-later
// What anon.exclusive and slab.alias are made of, as far as a host goes: as root, with a kernel since 5.19.
#include "contract/context.hpp"
#include "mm/anon_area.hpp"
#include "mm/anon_child.hpp"
#include "mm/frame_flags.hpp"
#include "mm/pipe_references.hpp"
#include "mm/residency.hpp"
#include "mm/write_tracking.hpp"
#include "workloads/anon/anon_acts.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>

namespace assay::agent::workloads {
namespace {

constexpr std::size_t some_memory = 1 << 17;

TEST(AnonArea, IsWrittenAndAlone) {
  const AnonArea area("small", some_memory);
  EXPECT_EQ(area.bytes().size(), some_memory);
  EXPECT_EQ(area.unit(), 1U);
  EXPECT_EQ(area.word(area.pages() - 1), 1U);
  area.write(3, 7);
  EXPECT_EQ(area.word(3), 7U);
  EXPECT_EQ(area.word(2), 1U);
}

TEST(AnonArea, TellsWritesThatAreFaults) {
  const AnonArea area("small", some_memory);
  EXPECT_TRUE(area.write_without_fault(0, 2));
  ASSERT_EQ(::madvise(area.bytes().data(), area.bytes().size(), MADV_DONTNEED), 0);
  EXPECT_FALSE(area.write_without_fault(0, 2));
  EXPECT_EQ(area.word(0), 2U);
}

TEST(AnonArea, WholeHugePages) {
  try {
    const AnonArea area("thp", 1);
    EXPECT_GT(area.unit(), 1U);
    EXPECT_EQ(area.pages(), area.unit());
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(area.bytes().data()) % area.bytes().size(), 0U);
  } catch (const WorkloadSkip& skip) {
    GTEST_SKIP() << skip.what();
  }
}

TEST(FramesUnder, PagesThatAreNotThere) {
  const AnonArea area("small", some_memory);
  ASSERT_EQ(::madvise(area.page(1).data(), area.page_size(), MADV_DONTNEED), 0);
  const auto frames = frames_under(area.bytes());
  ASSERT_EQ(frames.size(), area.pages());
  EXPECT_EQ(frames.at(1), no_frame);
}

TEST(PipeReferences, OfMemory) {
  const AnonArea area("small", some_memory);
  area.write(1, 42);
  const auto pipe = PipeReferences::by_vmsplice(area.bytes(), area.page_size());
  const auto seen = pipe.peek();
  ASSERT_EQ(seen.size(), area.bytes().size());
  EXPECT_TRUE(std::ranges::equal(seen, area.bytes()));
}

TEST(WriteTracking, SoftDirtyBitsComeBackWithWrites) {
  try {
    const AnonArea area("small", some_memory);
    forget_writes(area.bytes());
    protect_and_back(area.bytes());
    area.write(3, 2);
    EXPECT_EQ(count_soft_dirty(area.bytes()), 1U);
  } catch (const WorkloadSkip& skip) {
    GTEST_SKIP() << skip.what();
  }
}

/// An act on the host, on one CPU: a page that waits in another CPU's batch for its LRU list is copied rather
/// than reused (wp_can_reuse_anon_folio() in mm/memory.c drains its own CPU's only). Skips the test where the
/// host does not tell the mark.
MarkerTally act_on_host(std::string_view act, std::string_view kind = "small") {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(::sched_getcpu(), &one);
  ::sched_setaffinity(0, sizeof one, &one);
  return do_marker_act({.act = act, .kind = kind, .size = some_memory});
}

TEST(MarkerActs, ForkTakesTheMarkAndWritingGivesIt) {
  try {
    const MarkerTally sum = act_on_host("fork");
    EXPECT_EQ(sum.marked_before, sum.pages);
    EXPECT_EQ(sum.reached, sum.pages);
    EXPECT_EQ(sum.marked, 0);
    EXPECT_EQ(sum.child_marked, 0);
    EXPECT_EQ(sum.written_in_place, 0);
    EXPECT_EQ(sum.marked_written, sum.pages);
    EXPECT_EQ(sum.child_in_place, sum.pages);
    EXPECT_EQ(sum.wrong, 0);
  } catch (const WorkloadSkip& skip) {
    GTEST_SKIP() << skip.what();
  }
}

TEST(MarkerActs, SecondWritesAreNoFaults) {
  try {
    const MarkerTally sum = act_on_host("fork-exit");
    EXPECT_EQ(sum.writable, sum.pages);
    EXPECT_EQ(sum.writable_unmarked, 0);
    EXPECT_EQ(sum.written_in_place, sum.pages);
  } catch (const WorkloadSkip& skip) {
    GTEST_SKIP() << skip.what();
  }
}

class TrackedWrites : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(MarkerActs, TrackedWrites, testing::Values("protect-soft-dirty", "protect-uffd"));

TEST_P(TrackedWrites, AreTold) {
  try {
    const MarkerTally sum = act_on_host(GetParam());
    EXPECT_EQ(sum.marked, sum.pages);
    EXPECT_EQ(sum.tracked, sum.pages);
    EXPECT_EQ(sum.told, sum.pages);
    EXPECT_EQ(sum.wrong, 0);
  } catch (const WorkloadSkip& skip) {
    GTEST_SKIP() << skip.what();
  }
}

/// Whether one waits for the other is chance, where no probe holds the page's lock.
TEST(MarkerActs, TwoProcessesWriteToOneHugePage) {
  try {
    const MarkerTally sum = act_on_host("fork-write-at-once", "thp");
    EXPECT_EQ(sum.reached, 8 * sum.units);
    EXPECT_LE(sum.waited, 2 * sum.reached);
    EXPECT_EQ(sum.wrong, 0);
  } catch (const WorkloadSkip& skip) {
    GTEST_SKIP() << skip.what();
  }
}

TEST(MarkerActs, ZappedPagesAreHeld) {
  try {
    const MarkerTally sum = act_on_host("zap");
    EXPECT_EQ(sum.old_frames, sum.pages);
    EXPECT_EQ(sum.old_frames_marked, sum.pages);
  } catch (const WorkloadSkip& skip) {
    GTEST_SKIP() << skip.what();
  }
}

TEST(MarkerChild, IsGoneAfterwards) {
  try {
    const FrameFlags flags;
    const AnonArea area("small", some_memory);
    {
      const MarkerChild child(area, flags, exclusive_flag(flags));
    }
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
  } catch (const WorkloadSkip& skip) {
    GTEST_SKIP() << skip.what();
  }
}

}  // namespace
}  // namespace assay::agent::workloads
