// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/revisions.hpp"

#include <gtest/gtest.h>

namespace assay::series {
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

Indexes chosen(const std::vector<std::string>& subjects, std::optional<Revision> wanted = {}) {
  const auto result = choose_series(mails(subjects), wanted);
  EXPECT_TRUE(result) << result.error().text();
  return result ? result->members : Indexes();
}

std::string refusal_of(const std::vector<std::string>& subjects, std::optional<Revision> wanted = {}) {
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
  EXPECT_EQ(chosen({"[PATCH 1/1] a", "[PATCH v10 1/1] a", "[PATCH v9 1/1] a"}, Revision{9, 0}), (Indexes{2}));
}

TEST(RevisionsTest, CopiesOfAMailCountOnce) {
  auto candidates = mails({"[PATCH 1/2] a", "[PATCH 2/2] b", "[PATCH 1/2] a"});
  EXPECT_EQ(choose_series(candidates, {})->members, (Indexes{0, 1}));
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
  EXPECT_EQ(refusal_of({"[PATCH 1/2] a", "[PATCH 2/2] b", "[PATCH v2 2/2] b"}),
            "it is not clear which of these is meant; choose with series_version (assay try: "
            "--series-version), or keep only the mails of one:"
            "\n  v1: 2 of 2 patches, \"a\"\n  v2: 1 of 2 patches, \"b\"; patch 1/2 is missing");
  EXPECT_NE(refusal_of({"[PATCH 1/1] a", "[PATCH] a fix on top"}).find("v1: 1 without n/m, \"a fix on top\""),
            std::string::npos);
}

TEST(RevisionsTest, NoPatchIsAnError) {
  EXPECT_EQ(refusal_of({}), "there is no patch in it");
  EXPECT_EQ(refusal_of({"[PATCH 0/2] cover", "Re: prose"}), "there is no patch in it");
  EXPECT_EQ(refusal_of({"[PATCH v2 1/1] a"}, Revision{3, 0}),
            "there is no v3 in it:\n  v2: 1 of 1 patches, \"a\"");
}

std::vector<std::string> notes_of(const std::vector<Candidate>& candidates,
                                  std::optional<Revision> wanted = {}) {
  const auto result = choose_series(candidates, wanted);
  EXPECT_TRUE(result) << result.error().text();
  return result ? result->notes : std::vector<std::string>();
}

const std::vector<std::string> rerolled = {"[PATCH v2 1/3] a", "[PATCH v2 2/3] b", "[PATCH v2 3/3] c",
                                           "[PATCH v2.1 2/3] b"};

TEST(RerollTest, ItLiesOverTheRevisionBefore) {
  EXPECT_EQ(chosen(rerolled), (Indexes{0, 3, 2}));
  EXPECT_EQ(chosen(rerolled, Revision{2, 1}), (Indexes{0, 3, 2}));
  EXPECT_EQ(chosen(rerolled, Revision{2, 0}), (Indexes{0, 1, 2}));
  EXPECT_EQ(notes_of(mails(rerolled)),
            (std::vector<std::string>{"patch 2/3 is of v2.1 and patches 1/3 and 3/3 are of v2"}));
  EXPECT_EQ(notes_of(mails(rerolled), Revision{2, 0}),
            (std::vector<std::string>{"v2 is taken; there is v2.1 as well"}));
}

TEST(RerollTest, SeveralLieOverEachOther) {
  auto subjects = rerolled;
  subjects.insert(subjects.begin(), {"[PATCH v2.2 3/3] c", "[PATCH 1/3] old"});
  EXPECT_EQ(chosen(subjects), (Indexes{2, 5, 0}));
  EXPECT_EQ(chosen(subjects, Revision{2, 1}), (Indexes{2, 5, 4}));
}

TEST(RerollTest, OneThatIsWholeStandsAlone) {
  EXPECT_EQ(chosen({"[PATCH v2 1/2] a", "[PATCH v2 2/2] b", "[PATCH v2.1 1/2] a", "[PATCH v2.1 2/2] b"}),
            (Indexes{2, 3}));
}

TEST(RerollTest, WithoutNumbersItIsThePatchThatItAnswers) {
  auto candidates = mails({"[PATCH v2 1/2] a", "[PATCH v2 2/2] b", "[PATCH v2.1] b"});
  candidates[1].message_id = "<b@x>";
  EXPECT_FALSE(choose_series(candidates, {})) << "nobody says whose place it takes";
  candidates[2].in_reply_to = "<b@x>";
  EXPECT_EQ(choose_series(candidates, {})->members, (Indexes{0, 2}));
}

TEST(RerollTest, ANewVersionOfSomePatchesAnswersThem) {
  auto candidates = mails({"[PATCH v2 1/2] a", "[PATCH v2 2/2] b", "[PATCH v3 2/2] b"});
  EXPECT_FALSE(choose_series(candidates, {}));
  candidates[1].message_id = "<b@x>";
  candidates[2].in_reply_to = "<b@x>";
  EXPECT_EQ(choose_series(candidates, {})->members, (Indexes{0, 2}));
}

TEST(RevisionsTest, OfTwoMailsTheOneWithADiffIsThePatch) {
  for (const std::size_t empty : {0U, 1U}) {
    auto candidates = mails({"[PATCH 1/1] a", "[PATCH 1/1] a"});
    candidates[empty].has_diff = false;
    candidates[empty].content = "";
    EXPECT_EQ(choose_series(candidates, {})->members, (Indexes{1 - empty}));
  }
  auto candidates = mails({"[PATCH 1/2] a", "[PATCH 2/2] b"});
  candidates[1].has_diff = false;
  EXPECT_EQ(choose_series(candidates, {}).error().text(), "patch 2/2 has no diff in it");
}

TEST(RevisionsTest, NoDiffIsLeftOutInSilence) {
  auto candidates = mails({"[PATCH 1/1] a", "Re: [PATCH 1/1] a", "mm: a fix on top", "[PATCH 0/1] cover"});
  candidates[3].has_diff = true;
  EXPECT_EQ(notes_of(candidates),
            (std::vector<std::string>{"not of the series, and left out, though a diff is in it: \"Re: a\", "
                                      "\"mm: a fix on top\" and \"cover\""}));
}

}  // namespace
}  // namespace assay::series
