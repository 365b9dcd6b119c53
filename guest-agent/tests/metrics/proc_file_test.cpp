// SPDX-License-Identifier: GPL-2.0-or-later
#include "metrics/proc_file.hpp"

#include "data.hpp"

#include <gtest/gtest.h>

namespace assay::agent {
namespace {

/// "name unit value" of each field.
std::vector<std::string> all_of(ProcKind kind, const std::string& text, std::string_view resource = {}) {
  const auto fields = learn_fields(kind, text, resource);
  std::vector<std::int64_t> values(fields.size());
  EXPECT_TRUE(parse_fields(kind, fields, text, values));
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    lines.push_back(fields[i].name + " " + std::string(fields[i].unit) + " " + std::to_string(values[i]));
  }
  return lines;
}

TEST(ProcFile, Vmstat) {
  EXPECT_EQ(all_of(ProcKind::vmstat, test_file("data/vmstat.txt")),
            (std::vector<std::string>{
                "vmstat.nr_free_pages pages 118245", "vmstat.nr_zone_inactive_anon pages 12",
                "vmstat.nr_dirty_threshold pages 23400", "vmstat.pgpgin KiB 0",
                "vmstat.pgalloc_dma events -1", "vmstat.pgfault events 4097", "vmstat.oom_kill events 2",
                "vmstat.vma_lock_success events 4000", "vmstat.vma_lock_retry events 97"}));
}

TEST(ProcFile, Meminfo) {
  EXPECT_EQ(all_of(ProcKind::meminfo, test_file("data/meminfo.txt")),
            (std::vector<std::string>{"meminfo.MemTotal kB 505656", "meminfo.MemFree kB 472980",
                                      "meminfo.Active(anon) kB 120", "meminfo.Committed_AS kB 1234567890",
                                      "meminfo.HugePages_Total pages 3", "meminfo.Hugepagesize kB 2048",
                                      "meminfo.DirectMap4k kB 28672"}));
}

TEST(ProcFile, Buddyinfo) {
  const auto lines = all_of(ProcKind::buddyinfo, test_file("data/buddyinfo.txt"));
  ASSERT_EQ(lines.size(), 15U);
  EXPECT_EQ(lines[0], "buddyinfo.node0.DMA.order0 blocks 0");
  EXPECT_EQ(lines[9], "buddyinfo.node0.DMA32.order4 blocks 415");
  EXPECT_EQ(lines[10], "buddyinfo.node1.Normal.order0 blocks 123456789");
  EXPECT_EQ(lines[14], "buddyinfo.node1.Normal.order4 blocks 7");
}

TEST(ProcFile, Pressure) {
  EXPECT_EQ(all_of(ProcKind::psi, test_file("data/pressure.txt"), "memory"),
            (std::vector<std::string>{"psi.memory.some.total us 3140", "psi.memory.full.total us 271"}));
}

TEST(ProcFile, NumbersMayGrowAndShrink) {
  const auto fields = learn_fields(ProcKind::vmstat, "a 1\nb 22\n");
  std::vector<std::int64_t> values(2);
  EXPECT_TRUE(parse_fields(ProcKind::vmstat, fields, "a 12345678901\nb 0\n", values));
  EXPECT_EQ(values, (std::vector<std::int64_t>{12345678901, 0}));
}

TEST(ProcFile, OtherShapesAreRejected) {
  const auto fields = learn_fields(ProcKind::vmstat, "a 1\nb 22\n");
  std::vector<std::int64_t> values(2);
  for (const char* text : {"", "a 1\n", "a 1\nb ", "longer 1\nb 22\n", "a x\nb 22\n"}) {
    EXPECT_FALSE(parse_fields(ProcKind::vmstat, fields, text, values)) << text;
  }
}

TEST(ProcFile, OfThisMachine) {
  for (auto& file : open_proc_files()) {
    std::vector<std::int64_t> values(file.fields().size());
    EXPECT_TRUE(file.read(values)) << file.fields().front().name;
  }
}

TEST(ProcFile, AbsentFileIsNoSource) {
  EXPECT_FALSE(ProcFile::open(ProcKind::vmstat, "/proc/no-such-file").has_value());
}

}  // namespace
}  // namespace assay::agent
