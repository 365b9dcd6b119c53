// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(Nearest, FindsATypingMistakeAndNothingFarAway) {
  const std::vector<std::string> known{"fault.shared", "idle", "vma_lock_retry"};
  EXPECT_EQ(nearest("fault.sharde", known), "fault.shared");
  EXPECT_EQ(nearest("vma_lock_rety", known), "vma_lock_retry");
  EXPECT_EQ(nearest("compaction", known), "");
  EXPECT_EQ(nearest("tgc", {"kvm", "tcg"}), "tcg");  // swapped neighbours are one mistake
  EXPECT_EQ(did_you_mean("idel", known), "; did you mean \"idle\"?");
}

TEST(Nearest, CompletesAWordAndLooksThroughCase) {
  const std::vector<std::string> verbs{"run", "report", "compare", "completion", "shared-fault-vma-lock"};
  EXPECT_EQ(nearest("rn", verbs), "run");
  EXPECT_EQ(nearest("rnu", verbs), "run");
  EXPECT_EQ(nearest("RUN", verbs), "run");
  EXPECT_EQ(nearest("rep", verbs), "report");
  EXPECT_EQ(nearest("comp", verbs), "");  // which of two?
  EXPECT_EQ(nearest("shared_fault_vma_lock", verbs), "shared-fault-vma-lock");
  EXPECT_EQ(nearest("shared-fault", verbs), "shared-fault-vma-lock");
}

TEST(Nearest, IsSilentWhereItWouldBeSilly) {
  EXPECT_EQ(nearest("x", {"y", "xy"}), "");
  EXPECT_EQ(nearest("", {"a", "ab", "abc"}), "");
  EXPECT_EQ(nearest("cow", {"gup", "pin"}), "");
  EXPECT_EQ(nearest("cost", {"most", "count"}), "most");
  EXPECT_EQ(nearest("memory", {"machine", "metric"}), "");
  EXPECT_EQ(nearest("an-unheard-of-name", {"another-kind-name"}), "");
}

TEST(Printable, EscapesWhatAGuestCouldSendToATerminal) {
  EXPECT_EQ(printable("a\x1b[31mb\n"), "a\\x1b[31mb\n");
}

TEST(Harmless, LetsNothingTalkToTheTerminal) {
  EXPECT_EQ(harmless("a\tb\n\u00e4\u20ac\U0001f600"), "a\tb\n\u00e4\u20ac\U0001f600");
  for (const std::string_view bad :
       {std::string_view("\x1b"), std::string_view("\x07"), std::string_view("\0", 1), std::string_view("\r"),
        std::string_view("\x7f"), std::string_view("\x80"), std::string_view("\x9b"),
        std::string_view("\xff"), std::string_view("\u0080"), std::string_view("\u009b"),
        std::string_view("\u009f"), std::string_view("\u200f"), std::string_view("\u202e"),
        std::string_view("\u2066"), std::string_view("\u2028")}) {
    EXPECT_EQ(harmless("a" + std::string(bad) + "b"), "a?b");
  }
  // No UTF-8: too long, a surrogate, beyond the last letter, cut off.
  for (const char* bad : {"\xc2", "\xe2\x82", "\xc1\x9b", "\xe0\x82\x9b", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                          "\xf8\x88\x80\x80\x80"}) {
    EXPECT_EQ(harmless(bad).find_first_not_of('?'), std::string::npos) << printable(bad);
  }
}

TEST(Harmless, KeepsColoursWhereTheyAreOurs) {
  constexpr std::string_view text = "\x1b[1;32mgreen\x1b[0m\x1b[2J\x1b]0;title\x07";
  EXPECT_EQ(harmless(text, Colours::kept), "\x1b[1;32mgreen\x1b[0m?[2J?]0;title?");
  EXPECT_EQ(harmless(text), "?[1;32mgreen?[0m?[2J?]0;title?");
  EXPECT_EQ(harmless("\x1b[", Colours::kept), "?[");
}

TEST(Listed, JoinsWithCommasAndAnd) {
  EXPECT_EQ(listed({"a"}), "a");
  EXPECT_EQ(listed({"a", "b", "c"}), "a, b and c");
}

TEST(Trimmed, DropsBlanksAtBothEnds) {
  EXPECT_EQ(trimmed("  a b\t\n"), "a b");
  EXPECT_EQ(trimmed(" \n"), "");
}

TEST(Text, MeasuresLettersOfUtf8) {
  EXPECT_EQ(letter_length("ab"), 1U);
  EXPECT_EQ(letter_length("\xc3\xa9b"), 2U);
  EXPECT_EQ(letter_length("\xf0\x9f\x92\xa9"), 4U);
  for (const auto* none : {"", "\xa9", "\xff", "\xc0\x80", "\xed\xa0\x80", "\xe2\x82"}) {
    EXPECT_EQ(letter_length(none), 0U);
  }
}

}  // namespace
}  // namespace assay
