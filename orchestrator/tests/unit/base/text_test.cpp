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

TEST(Listed, JoinsWithCommasAndAnd) {
  EXPECT_EQ(listed({"a"}), "a");
  EXPECT_EQ(listed({"a", "b", "c"}), "a, b and c");
}

TEST(Trimmed, DropsBlanksAtBothEnds) {
  EXPECT_EQ(trimmed("  a b\t\n"), "a b");
  EXPECT_EQ(trimmed(" \n"), "");
}

}  // namespace
}  // namespace assay
