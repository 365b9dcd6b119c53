// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe/resolve.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "probe/disassembly.hpp"
#include "probe/dwarf_walk.hpp"
#include "running.hpp"

#include <gtest/gtest.h>

#include <set>

namespace assay::probe {
namespace {

constexpr const char* source = ASSAY_UNIT_TESTS "/probe/probed.cpp";

/// Places in the program of probed.cpp.
class ResolveTest : public testing::Test {
 protected:
  Result<std::vector<Spot>> at(std::string_view text) {
    auto place = parse_place(text);
    if (!place) {
      return place.error();
    }
    return run_on(io_, resolve(info_, Arch::x86_64, std::move(*place)));
  }

  std::vector<Spot> found(std::string_view text) {
    auto spots = at(text);
    EXPECT_TRUE(spots) << spots.error().text();
    return spots ? std::move(*spots) : std::vector<Spot>();
  }

  std::string error(std::string_view text) {
    const auto spots = at(text);
    EXPECT_FALSE(spots) << text;
    return spots ? "" : spots.error().text();
  }

  /// The line of probed.cpp that holds `mark`.
  static unsigned line_of(std::string_view mark) {
    const std::string text = read_file(source).value();
    unsigned number = 0;
    for (const auto line : split(text, '\n')) {
      ++number;
      if (line.find(mark) != std::string_view::npos) {
        return number;
      }
    }
    return 0;
  }

  static DebugInfo open() {
    auto info = DebugInfo::open(ASSAY_PROBED);
    EXPECT_TRUE(info) << info.error().text();
    return std::move(*info);
  }

  asio::io_context io_;
  DebugInfo info_ = open();
};

TEST_F(ResolveTest, FindsAFunctionAtItsSymbol) {
  const auto spots = found("leaf_call");
  ASSERT_EQ(spots.size(), 1U);
  EXPECT_EQ(spots[0].address, info_.symbols_named("leaf_call").front().address);
  EXPECT_EQ(spots[0].where, "leaf_call");
}

TEST_F(ResolveTest, FindsEachInlinedCopy) {
  const auto spots = found("inlined_twice");
  ASSERT_EQ(spots.size(), 2U);
  EXPECT_NE(spots[0].where.find("first_user"), std::string::npos) << spots[0].where;
  EXPECT_NE(spots[1].where.find("second_user"), std::string::npos) << spots[1].where;
  EXPECT_NE(spots[0].where.find("inlined"), std::string::npos);
}

TEST_F(ResolveTest, FindsLines) {
  EXPECT_EQ(found(fmt::format("probed.cpp:{}", line_of("// LEAF"))).size(), 1U);
  const auto spots = found(fmt::format("probe/probed.cpp:{}", line_of("leaf_call(value);")));
  EXPECT_EQ(spots.size(), 2U) << "the call is in two inlined copies";
}

TEST_F(ResolveTest, FindsTheInstructionAfterACall) {
  const auto code =
      run_on(io_, disassemble(ASSAY_PROBED, Arch::x86_64, info_.copies_of("first_user").front().ranges));
  ASSERT_TRUE(code);
  const auto spots = found("first_user: call leaf_call");
  ASSERT_EQ(spots.size(), 1U);
  bool after_call = false;
  for (std::size_t i = 1; i < code->size(); ++i) {
    after_call =
        after_call || ((*code)[i].address == spots[0].address && called_by((*code)[i - 1]) == "leaf_call");
  }
  EXPECT_TRUE(after_call);
  // In all copies of an inlined function.
  EXPECT_EQ(found("inlined_twice: call leaf_call").size(), 2U);
}

TEST_F(ResolveTest, FindsInstructionsAndOffsets) {
  const auto spots = found("first_user: instruction ret");
  ASSERT_FALSE(spots.empty());
  const auto offset = spots.back().address - info_.symbols_named("first_user").front().address;
  EXPECT_EQ(found(fmt::format("first_user+{:#x}", offset)).front().address, spots.back().address);
}

TEST_F(ResolveTest, NamesTheNearestCandidates) {
  EXPECT_NE(error("leaf_cal").find("did you mean \"leaf_call\""), std::string::npos);
  EXPECT_NE(error("never_built").find("the build dropped it"), std::string::npos);
  EXPECT_NE(error("probd.cpp:12").find("probed.cpp"), std::string::npos) << error("probd.cpp:12");
  const auto dropped = error(fmt::format("probed.cpp:{}", line_of("void never_built")));
  EXPECT_NE(dropped.find("the nearest lines with code are"), std::string::npos) << dropped;
  EXPECT_NE(error("first_user: call second_user").find("it calls leaf_call"), std::string::npos);
  EXPECT_NE(error("first_user: instruction fsin").find("there is "), std::string::npos);
  EXPECT_NE(error("first_user+0x10000").find("behind its end"), std::string::npos);
}

TEST_F(ResolveTest, RefusesTheInsideOfAnInstruction) {
  const auto start = info_.symbols_named("first_user").front().address;
  const auto code =
      run_on(io_, disassemble(ASSAY_PROBED, Arch::x86_64, info_.copies_of("first_user").front().ranges));
  ASSERT_TRUE(code);
  std::set<std::uint64_t> begins;
  for (const auto& instruction : *code) {
    begins.insert(instruction.address - start);
  }
  std::uint64_t inside = 1;
  while (begins.contains(inside)) {
    ++inside;
  }
  EXPECT_NE(error(fmt::format("first_user+{:#x}", inside)).find("inside of an instruction"),
            std::string::npos);
}

TEST(DebugInfo, IsNotInEveryFile) {
  EXPECT_FALSE(DebugInfo::open(source));
  EXPECT_FALSE(DebugInfo::open("/no/such/file"));
}

TEST(SourcePath, IsThatOfTheSourceTree) {
  EXPECT_EQ(source_path("./mm/memory.c", "."), "mm/memory.c");
  EXPECT_EQ(source_path("/b/linux/mm/memory.c", "/b/linux"), "mm/memory.c");
  EXPECT_EQ(source_path("./arch/x86/include/../include/a.h", "."), "arch/x86/include/a.h");
  EXPECT_TRUE(path_ends_in("mm/memory.c", "memory.c"));
  EXPECT_TRUE(path_ends_in("mm/memory.c", "mm/memory.c"));
  EXPECT_FALSE(path_ends_in("mm/memory.c", "ory.c"));
  EXPECT_FALSE(path_ends_in("mm/memory.c", ""));
}

TEST(Disassembly, IsReadFromBothArchitectures) {
  const auto x86 = read_disassembly(
      "\nffffffff81130bc0 <f>:\nffffffff81130bc0:\tcall   ffffffff81199e30 <do_fault.isra.0>\n"
      "ffffffff81130bc5:\tcall   ffffffff81199e30 <do_fault+0x10>\n");
  ASSERT_EQ(x86.size(), 2U);
  EXPECT_EQ(x86[0].address, 0xffffffff81130bc0U);
  EXPECT_EQ(x86[0].text, "call ffffffff81199e30 <do_fault.isra.0>");
  EXPECT_EQ(called_by(x86[0]), "do_fault");
  EXPECT_EQ(called_by(x86[1]), "");
  const auto sparc = read_disassembly("  5a2c40:\tcall  5a3000 <shmem_fault>\n  5a2c44:\tnop \n");
  ASSERT_EQ(sparc.size(), 2U);
  EXPECT_EQ(called_by(sparc[0]), "shmem_fault");
  EXPECT_EQ(sparc[1].text, "nop");
}

}  // namespace
}  // namespace assay::probe
