// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/layout.hpp"

#include <gtest/gtest.h>

namespace assay::report {
namespace {

TEST(OneLine, MakesTextOfAGuestSafe) {
  EXPECT_EQ(one_line("  a\n\tb\x1b[2J  "), "a b\\x1b[2J");
  EXPECT_EQ(one_line("\n"), "");
}

TEST(Cut, SaysThatSomethingIsMissing) {
  EXPECT_EQ(cut("abcdef", 6), "abcdef");
  EXPECT_EQ(cut("abcdefg", 6), "abc...");
  EXPECT_EQ(cut("abc", 2), "ab");
}

TEST(Wrapped, BreaksAtBlanksAndIndents) {
  EXPECT_EQ(wrapped("x: ", "a b"), "x: a b\n");
  EXPECT_EQ(wrapped("x: ", ""), "x:\n");
  EXPECT_EQ(wrapped("x: ", std::string(70, 'a') + " bcdefgh"),
            "x: " + std::string(70, 'a') + "\n   bcdefgh\n");
  EXPECT_EQ(wrapped("x: ", std::string(70, 'a') + " bcdef"), "x: " + std::string(70, 'a') + " bcdef\n");
  EXPECT_EQ(wrapped("", std::string(81, 'a')), std::string(80, 'a') + "\na\n");
}

TEST(WrappedCommand, RunsWhenItIsCopied) {
  EXPECT_EQ(wrapped_command("again: ", "assay run x"), "again: assay run x\n");
  const std::string word(34, 'w');
  EXPECT_EQ(wrapped_command("a: ", word + " " + word + " 'b c d e' f"),
            "a: " + word + " " + word + " \\\n   'b c d e' f\n");
  const std::string quoted = "'it'\\''s " + std::string(80, 'x') + "'";
  EXPECT_EQ(wrapped_command("", "a " + quoted + " b"), "a \\\n" + quoted + " \\\nb\n");
}

TEST(Aligned, PutsNumbersToTheRightAndEndsWithThePage) {
  EXPECT_EQ(aligned(" ", "lrl", {{"name", "n", "what"}, {"a", "10", ""}}), " name   n  what\n a     10\n");
  const auto wide = aligned("", "l", {{std::string(100, 'w')}});
  EXPECT_EQ(wide, std::string(77, 'w') + "...\n");
}

}  // namespace
}  // namespace assay::report
