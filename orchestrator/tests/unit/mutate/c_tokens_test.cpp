// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/c_tokens.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace assay::mutate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> words(std::string_view text) {
  const CTokens tokens(text);
  std::vector<std::string> result;
  for (const auto& one : tokens.all()) {
    result.emplace_back(tokens.text(one));
  }
  return result;
}

/// The names that each body may have: "f,g".
std::vector<std::string> bodies(std::string_view text) {
  const CTokens tokens(text);
  std::vector<std::string> result;
  for (const auto& body : bodies_of(tokens)) {
    std::string names;
    for (const auto& name : body.names) {
      names += (names.empty() ? "" : ",") + name;
    }
    EXPECT_EQ(text.substr(body.open, 1), "{");
    EXPECT_EQ(text.substr(body.close, 1), "}");
    result.push_back(names);
  }
  return result;
}

TEST(CTokens, AreThoseOfC) {
  EXPECT_THAT(words("a+++b<<=0x1fUL->c...d"),
              ElementsAre("a", "++", "+", "b", "<<=", "0x1fUL", "->", "c", "...", "d"));
  EXPECT_THAT(words("1.5e-3f-.5 1-e"), ElementsAre("1.5e-3f", "-", ".5", "1", "-", "e"));
  EXPECT_THAT(words("0xe+1 0xf+1"), ElementsAre("0xe+1", "0xf", "+", "1"));
  EXPECT_THAT(words("\"a\\\"/*\" '\\'' /* \" ' { */ x // }\ny"),
              ElementsAre("\"a\\\"/*\"", "'\\''", "x", "y"));
  EXPECT_THAT(words("#define a \\\n\tb /* c\n d */ e\nf # g"),
              ElementsAre("#define a \\\n\tb /* c\n d */ e", "f", "#", "g"));
}

TEST(CTokens, EndSomewhereInBrokenText) {
  EXPECT_THAT(words("a /* b"), ElementsAre("a"));
  EXPECT_THAT(words("\"a"), ElementsAre("\"a"));
  EXPECT_THAT(words("'\\"), ElementsAre("'\\"));
  EXPECT_THAT(words("#if /*"), ElementsAre("#if /*"));
  EXPECT_THAT(words("#if \\"), ElementsAre("#if \\"));
  EXPECT_THAT(words(""), IsEmpty());
  EXPECT_THAT(bodies("int f(void) { if ("), IsEmpty());
  EXPECT_THAT(bodies("} } int f(void) { }"), ElementsAre("f"));
}

TEST(CTokens, FindBodies) {
  EXPECT_THAT(bodies("int f(int a)\n{ if (a) { g(); } }\nstatic void __init\nh(void) __acquires(x) { }"),
              ElementsAre("f", "h,__acquires"));
  EXPECT_THAT(bodies("struct a { int (*b)(int); } __aligned(8);\nint x[] = { F(1) }; int y = F(2);"),
              IsEmpty());
  EXPECT_THAT(bodies("__printf(1, 2) int f(void);\nint g(void) { }"), ElementsAre("g"));
  EXPECT_THAT(bodies("SYSCALL_DEFINE2(mbind, int, a, int, b) { }"), ElementsAre("__do_sys_mbind"));
  EXPECT_THAT(bodies("#ifdef A\nint f(int a) {\n#else\nint f(void) {\n#endif\n}\nint g(void) { }"),
              ElementsAre("f,f", "g"));
}

}  // namespace
}  // namespace assay::mutate
