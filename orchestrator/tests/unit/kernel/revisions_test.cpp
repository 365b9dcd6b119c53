// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/revisions.hpp"

#include <gtest/gtest.h>

namespace assay::kernel {
namespace {

using Indexes = std::vector<std::size_t>;

std::string shown(std::string_view text) {
  const auto subject = parse_subject(text);
  return fmt::format("{}{} {} {}/{} \"{}\"", subject.is_reply ? "reply " : "",
                     subject.is_patch ? "patch" : "prose", subject.revision.text(), subject.number,
                     subject.total, subject.title);
}

TEST(SubjectTest, BracketsAreTakenApart) {
  EXPECT_EQ(shown("[PATCH v3 2/5] mm: a title"), "patch v3 2/5 \"mm: a title\"");
  EXPECT_EQ(shown("[RFC PATCH mm-unstable v2.1 03/11]x"), "patch v2.1 3/11 \"x\"");
  EXPECT_EQ(shown("[PATCHv4] mm: x"), "patch v4 0/0 \"mm: x\"");
  EXPECT_EQ(shown("[linux-mm] [patch RESEND,V2 0/9] x"), "patch v2 0/9 \"x\"");
  EXPECT_EQ(shown("[PATCH 6.1 003/244] x"), "patch v1 3/244 \"x\"");
  EXPECT_EQ(shown("[1/2] x"), "patch v1 1/2 \"x\"");
}

TEST(SubjectTest, RepliesAreKnown) {
  EXPECT_EQ(shown("Re: [PATCH 1/2] x"), "reply patch v1 1/2 \"x\"");
  EXPECT_EQ(shown("[linux-mm] AW: RE: [PATCH 1/2] x"), "reply patch v1 1/2 \"x\"");
}

TEST(SubjectTest, OtherTextIsTitle) {
  EXPECT_EQ(shown("mm: fix x"), "prose v1 0/0 \"mm: fix x\"");
  EXPECT_EQ(shown("[PATCH 7/5] x"), "patch v1 0/0 \"x\"");
  EXPECT_EQ(shown("[folded-merged] mm-x.patch removed"), "prose v1 0/0 \"mm-x.patch removed\"");
  EXPECT_EQ(shown("[PATCH"), "prose v1 0/0 \"[PATCH\"");
  EXPECT_EQ(shown("[v99999999999999999999 1/0] x"), "prose v1 0/0 \"x\"");
  EXPECT_EQ(shown(""), "prose v1 0/0 \"\"");
}

std::vector<Candidate> mails(const std::vector<std::string>& subjects) {
  std::vector<Candidate> candidates;
  for (const auto& subject : subjects) {
    const auto parsed = parse_subject(subject);
    candidates.push_back({parsed, !parsed.is_cover_letter(), subject});
  }
  return candidates;
}

Indexes chosen(const std::vector<std::string>& subjects, std::optional<unsigned> wanted = {}) {
  const auto result = choose_series(mails(subjects), wanted);
  EXPECT_TRUE(result) << result.error().text();
  return result ? *result : Indexes();
}

std::string refusal_of(const std::vector<std::string>& subjects, std::optional<unsigned> wanted = {}) {
  const auto result = choose_series(mails(subjects), wanted);
  EXPECT_FALSE(result);
  return result ? "no error" : result.error().text();
}

TEST(RevisionsTest, NumbersOrderThePatches) {
  EXPECT_EQ(
      chosen({"[PATCH 0/3] all", "[PATCH 3/3] c", "Re: [PATCH 3/3] c", "[PATCH 1/3] a", "[PATCH 2/3] b"}),
      (Indexes{3, 4, 1}));
  EXPECT_EQ(chosen({"[PATCH] alone"}), (Indexes{0}));
  EXPECT_EQ(chosen({"[PATCH] one", "[PATCH] two"}), (Indexes{0, 1}));
  EXPECT_EQ(chosen({"mm: untagged", "mm: second"}), (Indexes{0, 1}));
}

TEST(RevisionsTest, TheNewestIsTaken) {
  EXPECT_EQ(chosen({"[PATCH 1/2] a", "[PATCH v2 2/2] b", "[PATCH 2/2] b", "[PATCH v2 1/2] a"}),
            (Indexes{3, 1}));
  EXPECT_EQ(chosen({"[PATCH 1/1] a", "[PATCH v10 1/1] a", "[PATCH v9 1/1] a"}), (Indexes{1}));
  EXPECT_EQ(chosen({"[PATCH 1/1] a", "[PATCH v10 1/1] a", "[PATCH v9 1/1] a"}, 9), (Indexes{2}));
}

TEST(RevisionsTest, CopiesOfAMailCountOnce) {
  auto candidates = mails({"[PATCH 1/2] a", "[PATCH 2/2] b", "[PATCH 1/2] a"});
  EXPECT_EQ(*choose_series(candidates, {}), (Indexes{0, 1}));
  candidates[2].content = "other";
  const auto refused = choose_series(candidates, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text(), "there are two different patches 1/2");
}

TEST(RevisionsTest, MissingPatchesAreNamed) {
  EXPECT_EQ(refusal_of({"[PATCH 1/5] a", "[PATCH 2/5] b", "[PATCH 4/5] d", "[PATCH 5/5] e"}),
            "patch 3/5 is missing");
  EXPECT_EQ(refusal_of({"[PATCH 2/3] b"}), "patches 1/3 and 3/3 are missing");
  EXPECT_EQ(
      refusal_of({"[PATCH 1/9999] a"}),
      "patches 2/9999, 3/9999, 4/9999, 5/9999, 6/9999, 7/9999, 8/9999, 9/9999 and 9990 more are missing");
}

TEST(RevisionsTest, WhatIsNotClearIsListed) {
  EXPECT_EQ(
      refusal_of({"[PATCH 1/2] a", "[PATCH 2/2] b", "[PATCH v2 2/2] b"}),
      "it is not clear which of these is meant; choose with series_version, or keep only the mails of one:"
      "\n  v1: 2 of 2 patches, \"a\"\n  v2: 1 of 2 patches, \"b\"; patch 1/2 is missing");
  EXPECT_NE(refusal_of({"[PATCH 1/1] a", "[PATCH] a fix on top"}).find("v1: 1 without n/m, \"a fix on top\""),
            std::string::npos);
}

TEST(RevisionsTest, NoPatchIsAnError) {
  EXPECT_EQ(refusal_of({}), "there is no patch in it");
  EXPECT_EQ(refusal_of({"[PATCH 0/2] cover", "Re: prose"}), "there is no patch in it");
  EXPECT_EQ(refusal_of({"[PATCH v2 1/1] a"}, 3), "there is no v3 in it:\n  v2: 1 of 1 patches, \"a\"");
}

}  // namespace
}  // namespace assay::kernel
