// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/recall.hpp"

#include "base/files.hpp"
#include "mutate/score_json.hpp"
#include "scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace assay::mutate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Judged judged(std::string id, Fate fate, std::string image = "") {
  Judged one;
  one.mutant.id = std::move(id);
  one.mutant.file = "mm/rmap.c";
  one.fate = fate;
  one.image = std::move(image);
  return one;
}

Judged killed_by(std::string id, std::string claim, std::string image = "") {
  auto one = judged(std::move(id), Fate::killed, std::move(image));
  one.killer = Killer::claim;
  one.claim = std::move(claim);
  one.trials = 2;
  one.kernel_id = "of " + one.mutant.id;
  one.run = "20261126-101010-small-1234";
  return one;
}

Score chosen(std::vector<Judged> mutants) {
  Score score;
  for (auto& one : mutants) {
    one.fate = Fate::waiting;
    one.image.clear();
  }
  score.mutants = std::move(mutants);
  return score;
}

/// What a call that chooses these knows after one that left `past`.
Score recalled(std::vector<Judged> mutants, Score past) {
  auto score = chosen(std::move(mutants));
  recall(score, std::move(past));
  return score;
}

std::vector<std::string> ids_of(const std::vector<Judged>& mutants) {
  std::vector<std::string> ids;
  for (const auto& one : mutants) {
    ids.push_back(one.mutant.id);
  }
  return ids;
}

std::vector<Fate> fates_of(const Score& score) {
  std::vector<Fate> fates;
  for (const auto& one : score.mutants) {
    fates.push_back(one.fate);
  }
  return fates;
}

ScopeLine line_of(unsigned line, std::string text, std::optional<unsigned> ran = {}, unsigned watched = 0) {
  return {"mm/rmap.c", line, std::move(text), true, ran, watched};
}

Score under(std::string key) {
  Score score;
  score.key = std::move(key);
  score.mutants = {judged("of " + score.key, Fate::survived)};
  return score;
}

std::string known_under(const fs::path& folder, const std::string& key) {
  const auto past = score_before(folder, key);
  return !past ? past.error().text() : !*past ? "nothing" : (**past).mutants.at(0).mutant.id;
}

TEST(ScoreBefore, IsThatOfTheSameKey) {
  const Scratch scratch;
  const auto& folder = scratch.root();
  EXPECT_EQ(known_under(folder, "a"), "nothing");
  scratch.write("score.json", score_json(under("a")));
  EXPECT_EQ(known_under(folder, "a"), "of a");
  EXPECT_EQ(known_under(folder, "../b"), "nothing");
  EXPECT_FALSE(is_there(folder / "score.json")) << "it made room";
  EXPECT_EQ(known_under(folder, "../b"), "nothing") << "that call found nothing to keep";
  scratch.write("score.json", score_json(under("../b")));
  EXPECT_EQ(known_under(folder, "a"), "of a");
  EXPECT_EQ(known_under(folder, "a"), "of a") << "it is score.json again";
  EXPECT_EQ(known_under(folder, "../b"), "of ../b");
  fs::remove(folder / "score.json");
  EXPECT_EQ(known_under(folder, "../b"), "nothing") << "somebody moved it away";
  EXPECT_EQ(known_under(folder, "a"), "of a");
}

TEST(ScoreBefore, SaysWhichFileIsNone) {
  const Scratch scratch;
  scratch.write("score.json", score_json(under("a")));
  EXPECT_EQ(known_under(scratch.root(), "b"), "nothing");
  const auto aside = fs::directory_iterator(scratch.root())->path().filename().string();
  scratch.write(aside, "{");
  EXPECT_THAT(known_under(scratch.root(), "a"),
              testing::HasSubstr("; move " + aside + " away, and all mutants are judged anew"));
  scratch.write("score.json", "{");
  EXPECT_THAT(known_under(scratch.root(), "b"), testing::HasSubstr("; move score.json away, and"));
}

TEST(Recall, TakesOverWhatIsKnownOfTheSameMutants) {
  Score past;
  past.baseline = "20261126-101010-small-1234";
  past.mutants = {judged("gone", Fate::survived), killed_by("a", "leaks")};
  past.mutants.back().mutant.line = 4;
  auto score = chosen({judged("a", Fate::waiting), judged("new", Fate::waiting)});
  score.mutants.front().mutant.line = 10;
  recall(score, std::move(past));
  EXPECT_EQ(score.baseline, "20261126-101010-small-1234");
  EXPECT_THAT(fates_of(score), ElementsAre(Fate::killed, Fate::waiting));
  EXPECT_EQ(score.mutants[0].claim, "leaks");
  EXPECT_EQ(score.mutants[0].trials, 2U);
  EXPECT_EQ(score.mutants[0].mutant.line, 10U) << "where it is now";
}

TEST(Recall, KeepsWhatThisChoiceLeavesOut) {
  Score past;
  past.mutants = {killed_by("b", "leaks"), judged("waits", Fate::waiting), judged("a", Fate::survived),
                  judged("broken", Fate::does_not_compile)};
  auto narrower = recalled({judged("a", Fate::waiting)}, std::move(past));
  EXPECT_THAT(fates_of(narrower), ElementsAre(Fate::survived));
  EXPECT_THAT(ids_of(narrower.others.mutants), ElementsAre("b", "broken"));
  auto other = recalled({judged("new", Fate::waiting)}, std::move(narrower));
  EXPECT_THAT(ids_of(other.others.mutants), ElementsAre("a", "b", "broken"));
  const auto again = recalled({judged("b", Fate::waiting), judged("a", Fate::waiting)}, std::move(other));
  EXPECT_THAT(fates_of(again), ElementsAre(Fate::killed, Fate::survived));
  EXPECT_EQ(again.mutants[0].claim, "leaks");
  EXPECT_THAT(ids_of(again.others.mutants), ElementsAre("broken"));
}

TEST(Recall, TakesOverWhichLinesRanWhereTheyAreTheSame) {
  Score score;
  score.lines = {line_of(1, "same"), line_of(2, "other"), line_of(3, "new")};
  Score past;
  past.lines = {line_of(2, "before it changed", 3, 3), line_of(1, "same", 2, 3)};
  recall(score, std::move(past));
  EXPECT_EQ(score.lines[0].ran, 2U);
  EXPECT_EQ(score.lines[0].watched, 3U);
  for (const auto line : {1U, 2U}) {
    EXPECT_EQ(score.lines[line].ran, std::nullopt);
    EXPECT_EQ(score.lines[line].watched, 0U);
  }
}

TEST(Recall, KeepsWhichLinesRanThatThisChoiceLeavesOut) {
  Score past;
  past.lines = {line_of(1, "one", 2, 3), line_of(2, "a comment", std::nullopt, 3),
                line_of(3, "nobody looked")};
  Score between;
  between.lines = {line_of(7, "elsewhere")};
  recall(between, std::move(past));
  EXPECT_EQ(between.others.lines.size(), 2U);
  Score again;
  again.lines = {line_of(1, "one"), line_of(2, "a comment"), line_of(3, "nobody looked")};
  recall(again, std::move(between));
  EXPECT_EQ(again.lines[0].ran, 2U);
  EXPECT_EQ(again.lines[1].ran, std::nullopt);
  EXPECT_EQ(again.lines[1].watched, 3U);
  EXPECT_EQ(again.lines[2].watched, 0U);
  EXPECT_THAT(again.others.lines, IsEmpty());
}

TEST(Recall, TakesTheFateOfAMutantWithTheSameImageThatIsNotChosen) {
  Score past;
  past.mutants = {killed_by("first", "leaks", "f00d"), judged("twin", Fate::same_code, "f00d")};
  auto alone = recalled({judged("twin", Fate::waiting)}, past);
  EXPECT_THAT(fates_of(alone), ElementsAre(Fate::killed));
  EXPECT_EQ(alone.mutants[0].mutant.id, "twin");
  EXPECT_EQ(alone.mutants[0].claim, "leaks");
  const auto both = recalled({judged("first", Fate::waiting), judged("twin", Fate::waiting)}, alone);
  EXPECT_THAT(fates_of(both), ElementsAre(Fate::killed, Fate::same_code)) << "it counts once";
  EXPECT_EQ(both.mutants[1].why, "its image is that of mm/rmap.c:0 statement left out");
  EXPECT_EQ(both.mutants[1].killer, std::nullopt);
  EXPECT_EQ(both.mutants[1].trials, 0U);
}

TEST(Recall, TriesAMutantOfWhoseImageNothingIsKnown) {
  Score past;
  past.mutants = {judged("first", Fate::waiting), judged("twin", Fate::same_code, "f00d"),
                  judged("equal", Fate::same_code), judged("third", Fate::same_code, "f00d")};
  const auto score = recalled(
      {judged("twin", Fate::waiting), judged("equal", Fate::waiting), judged("third", Fate::waiting)}, past);
  EXPECT_THAT(fates_of(score), ElementsAre(Fate::waiting, Fate::same_code, Fate::same_code))
      << "what is the original stays so";
  EXPECT_EQ(score.mutants[0].image, "");
}

TEST(Doubt, MakesThoseWaitThatAClaimKilled) {
  Score score;
  score.mutants = {killed_by("a", "leaks", "f00d"), killed_by("b", "loses"), judged("c", Fate::survived)};
  score.mutants[0].diff = "its diff";
  score.others.mutants = {killed_by("d", "leaks"), killed_by("e", "loses")};
  doubt(score, "leaks");
  EXPECT_THAT(fates_of(score), ElementsAre(Fate::waiting, Fate::killed, Fate::survived));
  const auto& waits = score.mutants[0];
  EXPECT_EQ(waits.mutant.id, "a");
  EXPECT_EQ(waits.diff, "its diff");
  EXPECT_EQ(waits.killer, std::nullopt);
  EXPECT_EQ(waits.claim + waits.kernel_id + waits.image + waits.run, "");
  EXPECT_EQ(waits.trials, 0U);
  EXPECT_THAT(ids_of(score.others.mutants), ElementsAre("e"));
}

}  // namespace
}  // namespace assay::mutate
