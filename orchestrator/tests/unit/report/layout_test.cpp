// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/layout.hpp"

#include "report/summary.hpp"

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

TEST(Aligned, PutsNumbersToTheRightAndEndsWithThePage) {
  EXPECT_EQ(aligned(" ", "lrl", {{"name", "n", "what"}, {"a", "10", ""}}), " name   n  what\n a     10\n");
  const auto wide = aligned("", "l", {{std::string(100, 'w')}});
  EXPECT_EQ(wide, std::string(77, 'w') + "...\n");
}

TEST(Summaries, CountWhatThereIs) {
  EXPECT_EQ(verdict_counts({}), "0 claims");
  std::vector<verdict::ClaimVerdict> verdicts(4);
  verdicts[0].verdict = verdicts[1].verdict = verdicts[2].verdict = verdict::Verdict::holds;
  verdicts[3].verdict = verdict::Verdict::inconclusive;
  EXPECT_EQ(verdict_counts(verdicts), "4 claims: 3 hold, 1 inconclusive");
  verdicts.resize(1);
  EXPECT_EQ(verdict_counts(verdicts), "1 claim: 1 holds");
  OutcomeCounts counts;
  EXPECT_EQ(text_of(counts), "none");
  counts.add(trial::Outcome::lost);
  counts.add(trial::Outcome::pass);
  EXPECT_EQ(text_of(counts), "1 passed, 1 lost");
}

TEST(Members, AreTextOnOneLine) {
  const auto object = object_from(R"({"a": "x\ny", "b": [1, 2], "c": null})");
  EXPECT_EQ(member(object, "a"), "x y");
  EXPECT_EQ(member(object, "b"), "1, 2");
  EXPECT_EQ(member(object, "c"), "");
  EXPECT_EQ(member(object, "d"), "");
  const auto nested =
      object_from(R"({"n": {"a": 1, "b": [true, "x"], "c": {}}, "l": [{"p": 1}, {"q": 2}], "e": []})");
  EXPECT_EQ(member(nested, "n"), "a 1, b true, x, c");
  EXPECT_EQ(member(nested, "l"), "(p 1), (q 2)");
  EXPECT_EQ(member(nested, "e"), "");
  EXPECT_TRUE(object_from("[1]").empty());
  EXPECT_TRUE(object_from("{").empty());
}

}  // namespace
}  // namespace assay::report
