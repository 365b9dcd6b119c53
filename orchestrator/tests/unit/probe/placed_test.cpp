// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe/placed.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "running.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace assay::probe {
namespace {

/// A patch on probed.cpp, placed in the program that was made of it.
class PlacePatchTest : public testing::Test {
 protected:
  PlacePatchTest() {
    const auto info = DebugInfo::open(ASSAY_PROBED);
    EXPECT_TRUE(info) << info.error().text();
    for (const auto& path : info->source_files()) {
      file_ = path.ends_with("probe/probed.cpp") ? path : file_;
    }
  }

  /// The line of probed.cpp that holds `mark`.
  [[nodiscard]] PatchLine line(std::string_view mark) const {
    const std::string text = read_file(fs::path(ASSAY_UNIT_TESTS "/probe/probed.cpp")).value();
    const auto end = text.find(mark);
    EXPECT_NE(end, std::string::npos) << mark;
    const auto before = std::string_view(text).substr(0, end);
    return {file_, static_cast<unsigned>(std::count(before.begin(), before.end(), '\n') + 1), ""};
  }

  PlacedPlace place(const PatchLine& line, bool has_modules = false) {
    ProbeSpec cover;
    cover.kind = Kind::cover;
    cover.places = {"patch"};
    cover.automatic = true;
    auto placed = run_on(io_, place_probes(ASSAY_PROBED, Arch::x86_64, {cover}, {{line}, has_modules}));
    EXPECT_TRUE(placed) << placed.error().text();
    return placed->probes.at(0).places.at(0);
  }

  asio::io_context io_;
  std::string file_;
};

TEST_F(PlacePatchTest, ALineMayHaveInstructionsInSeveralFunctions) {
  const auto inlined = place(line("leaf_call(value);\n  }\n}"));
  EXPECT_EQ(inlined.spots.size(), 2U) << "the call is in two inlined copies";
  EXPECT_EQ(inlined.line->state, LineState::not_run);
}

TEST_F(PlacePatchTest, ALineWithoutAnInstructionMayStandAmongCode) {
  const auto comment = place(line("// ONLY A COMMENT"));
  EXPECT_EQ(comment.line->state, LineState::no_instruction);
  EXPECT_TRUE(comment.spots.empty());
  EXPECT_TRUE(comment.line->among_code);
}

TEST_F(PlacePatchTest, WhatTheConfigurationDropsIsNotAmongCode) {
  for (const auto* mark : {"never_built()", "#include <cstdint>", "volatile std::uint64_t sink"}) {
    const auto dropped = place(line(mark));
    EXPECT_EQ(dropped.line->state, LineState::no_instruction) << mark;
    EXPECT_FALSE(dropped.line->among_code) << mark;
  }
}

TEST_F(PlacePatchTest, AFileThatIsNotBuiltIsSaid) {
  EXPECT_EQ(place({"mm/never.c", 3, "\tx();"}).line->state, LineState::not_built);
  EXPECT_EQ(place({"Documentation/mm/x.rst", 3, "x"}).line->state, LineState::not_built);
  EXPECT_EQ(place({"include/linux/x.h", 3, "#define X"}).line->state, LineState::no_instruction);
}

TEST_F(PlacePatchTest, WhatMayBeInAModuleIsNotSaidToBeMissing) {
  EXPECT_EQ(place({"mm/never.c", 3, "\tx();"}, true).line->state, LineState::unwatched);
  EXPECT_EQ(place({"Documentation/mm/x.rst", 3, "x"}, true).line->state, LineState::not_built);
  EXPECT_EQ(place(line("// ONLY A COMMENT"), true).line->state, LineState::no_instruction);
}

TEST_F(PlacePatchTest, ARemovedLineIsNowhereEvenIfALineOfItsNumberHasCode) {
  auto removed = line("// LEAF");
  removed.removed = true;
  const auto placed = place(removed);
  EXPECT_EQ(placed.line->state, LineState::removed);
  EXPECT_TRUE(placed.spots.empty());
}

}  // namespace
}  // namespace assay::probe
