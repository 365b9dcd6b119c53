// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe/place.hpp"

#include <gtest/gtest.h>

namespace assay::probe {
namespace {

template <class Kind>
Kind parsed_as(std::string_view text) {
  const auto place = parse_place(text);
  EXPECT_TRUE(place) << place.error().text();
  EXPECT_TRUE(place && std::holds_alternative<Kind>(*place)) << text;
  return place && std::holds_alternative<Kind>(*place) ? std::get<Kind>(*place) : Kind();
}

TEST(ParsePlace, KnowsEachForm) {
  EXPECT_EQ(parsed_as<FunctionPlace>(" do_mmap ").function, "do_mmap");
  EXPECT_EQ(parsed_as<OffsetPlace>("do_mmap+0x1c").offset, 0x1cU);
  EXPECT_EQ(parsed_as<OffsetPlace>("do_fault.isra.0+12").symbol, "do_fault.isra.0");
  const auto line = parsed_as<LinePlace>("mm/memory.c:5310");
  EXPECT_EQ(line.file, "mm/memory.c");
  EXPECT_EQ(line.line, 5310U);
  EXPECT_EQ(parsed_as<CallPlace>("a_b:call c_d").target, "c_d");
  EXPECT_EQ(parsed_as<InstructionPlace>("f: instruction mov %rax,%rbx").pattern, "mov %rax,%rbx");
  parsed_as<PatchPlace>("patch");
}

TEST(ParsePlace, RefusesTheRestAndSaysWhatIsAccepted) {
  for (const auto* wrong : {"", "1abc", "f+", "f+0x", "f+1g", "f: call", "f: jump g", "mm/memory.c:0", ":5",
                            "f: call g h", "two words", "f+1+2", "mm/memory.c"}) {
    const auto place = parse_place(wrong);
    EXPECT_FALSE(place) << wrong;
    if (!place) {
      EXPECT_NE(place.error().text().find("function+0x1c"), std::string::npos) << place.error().text();
    }
  }
}

}  // namespace
}  // namespace assay::probe
