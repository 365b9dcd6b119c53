// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe/memory.hpp"

#include "base/files.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <map>

namespace assay::probe {
namespace {

/// Maps what the orchestrator made, as the plugin does.
class MemoryTest : public testing::Test {
 protected:
  MemoryTest() {
    add("hits=count@f", {{0x2000}});
    add("stall=delay,1ms,every=2,most=3@g", {{0x1000}});
    add("lines=cover@h", {{0x2000}, {0x3000, 0x3008}, {}});
    add("seen=order@f", {{0x2000}, {0x4000}});
    probes_.probes[1].spec.workloads = {"one"};
    probes_.begin_marks = {0x5000};
    probes_.end_marks = {0x6000};
    auto memory = Memory::create(file_, probes_, 2);
    EXPECT_TRUE(memory) << memory.error().text();
    memory_.emplace(std::move(*memory));
  }
  void TearDown() override { fs::remove(file_); }

  void add(std::string_view text, const std::vector<std::vector<std::uint64_t>>& places) {
    PlacedProbe placed{*parse_probe(text), {}};
    for (const auto& addresses : places) {
      PlacedPlace place{fmt::format("place{}", placed.places.size()), {}, std::nullopt};
      for (const auto address : addresses) {
        place.spots.push_back({address, fmt::format("{:#x}", address)});
      }
      placed.places.push_back(std::move(place));
    }
    probes_.probes.push_back(std::move(placed));
  }

  /// The bytes as they are in the file now.
  std::string bytes() {
    auto text = read_file(file_);
    EXPECT_TRUE(text);
    return text ? *text : "";
  }

  std::map<std::string, std::int64_t> figures() {
    std::map<std::string, std::int64_t> all;
    for (const auto& [name, value] : memory_->figures()) {
      all[name] = value;
    }
    return all;
  }

  fs::path file_ = testing::TempDir() + "assay-probes-" + std::to_string(::getpid());
  KernelProbes probes_;
  std::optional<Memory> memory_;
};

TEST_F(MemoryTest, IsLaidOutForThePlugin) {
  const auto text = bytes();
  const auto at = offsets_of(6, 9, 2, 1024);
  ASSERT_EQ(text.size(), at.end);
  std::uint64_t first_address = 0;
  std::memcpy(&first_address, text.data() + at.sites, sizeof first_address);
  EXPECT_EQ(first_address, 0x1000U);
  std::uint64_t magic = 0;
  std::memcpy(&magic, text.data(), sizeof magic);
  EXPECT_EQ(magic, layout_magic);
  EXPECT_FALSE(memory_->loaded());
}

TEST_F(MemoryTest, HasTheFiguresOfTheWorkloadsProbes) {
  memory_->begin("one", 1, true);
  const auto one = figures();
  EXPECT_TRUE(one.contains("probe.stall"));
  EXPECT_EQ(one.at("probe.lines.all"), 2) << "a place without code is none";
  memory_->begin("two", 1, true);
  EXPECT_FALSE(figures().contains("probe.stall"));
  EXPECT_EQ(memory_->figures().size(), memory_->figure_names().size());
  for (std::size_t i = 0; i < memory_->figures().size(); ++i) {
    EXPECT_EQ(memory_->figures()[i].first, memory_->figure_names()[i].name);
  }
}

TEST_F(MemoryTest, ReportsWhatIsActive) {
  memory_->begin("two", 1, false);
  const auto reports = memory_->reports();
  ASSERT_EQ(reports.size(), 3U);
  EXPECT_EQ(reports[0].name, "hits");
  EXPECT_EQ(reports[0].where, std::vector<std::string>{"0x2000"});
  EXPECT_EQ(reports[1].instructions, 3U);
}

TEST_F(MemoryTest, ALineRanWhenAnyOfItsCopiesDid) {
  auto& places = probes_.probes[2].places;
  places[0].line = {{"mm/a.c", 1, "f();"}, LineState::not_run};
  places[1].line = {{"mm/a.c", 2, "g();"}, LineState::not_run};
  places[2].line = {{"mm/a.c", 3, "}"}, LineState::no_instruction, true};
  places.push_back({"mm/a.c:3", {}, CoveredLine{{"mm/a.c", 3, "old();", true}, LineState::removed}});
  memory_->begin("one", 1, false);
  // The second of the two copies of the second line, as the plugin counts it; sites lie by address.
  constexpr std::size_t site = 5;
  auto text = bytes();
  const auto at = offsets_of(6, 9, 2, 1024).sites + site * sizeof(Site);
  std::uint64_t address = 0;
  std::memcpy(&address, text.data() + at, sizeof address);
  ASSERT_EQ(address, 0x3008U);
  const std::uint64_t passes = 1;
  std::array<char, sizeof passes> raw{};
  std::memcpy(raw.data(), &passes, sizeof passes);
  std::fstream file(file_, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(at + offsetof(Site, passes)));
  file.write(raw.data(), raw.size());
  file.close();
  const auto lines = memory_->reports().at(2).lines;
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0].state, LineState::not_run);
  EXPECT_EQ(lines[1].state, LineState::ran);
  EXPECT_EQ(lines[2].state, LineState::no_instruction);
  EXPECT_EQ(lines[3].state, LineState::removed);
}

TEST(ProbeMemory, TellsWhenItCannotBeMade) {
  const auto memory = Memory::create("/no/such/folder/probes", {}, 1);
  ASSERT_FALSE(memory);
  EXPECT_EQ(memory.error().kind(), Failure::infrastructure);
}

}  // namespace
}  // namespace assay::probe
