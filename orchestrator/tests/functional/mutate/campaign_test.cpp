// SPDX-License-Identifier: GPL-2.0-or-later
// `assay mutate` finds what becomes of each mutant, and says what it cannot do.
#include "on_mutants.hpp"

#include <iterator>
#include <system_error>

namespace assay::cli {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST_F(Mutate, FindsTheFateOfEachMutant) {
  const auto listed = this->listed();
  play(mutant(listed, 5, "condition made true"), complains_in_one);
  play(mutant(listed, 5, "error path skipped"), complains_in_other);
  play(mutant(listed, 5, "condition negated"), fails_checks);
  play(mutant(listed, 6, "return value replaced"), skips_idle);
  play(mutant(listed, 7, "statement left out"), panics_at_boot);
  const auto ended = mutate({"--json"});
  EXPECT_EQ(ended.code, 1) << ended.err;
  const auto score = parsed(ended);
  EXPECT_THAT(score["held"], ElementsAre("quiet", "content"));
  expect_killed(mutant(score, 5, "condition made true"), "claim refuted", "quiet");
  expect_killed(mutant(score, 5, "error path skipped"), "finding", "");
  expect_killed(mutant(score, 5, "condition negated"), "check failed", "");
  expect_killed(mutant(score, 6, "return value replaced"), "claim undecided", "quiet");
  expect_killed(mutant(score, 7, "statement left out"), "no boot", "");
  const auto survivor = mutant(score, 7, "operator exchanged");
  EXPECT_EQ(survivor["fate"], "survived");
  EXPECT_EQ(survivor["trials"], 4) << "two of each workload";
  const auto broken = mutant(score, 8, "statement left out");
  EXPECT_EQ(broken["fate"], "does not compile");
  EXPECT_THAT(broken["why"].get<std::string>(), HasSubstr("error: unused parameter"));
  EXPECT_EQ(mutant(score, 9, "statement left out")["fate"], "same code");
  EXPECT_EQ(mutant(score, 9, "statement left out")["why"], "its image is the original's");
  EXPECT_EQ(count(score, "waiting"), 0U);

  EXPECT_EQ(kept(), score);
  EXPECT_THAT(text_of(folder_ / "mutants.html"), HasSubstr(survivor["id"].get<std::string>()));
  EXPECT_EQ(below("cache/assay/mutate"), std::vector<std::string>());
  EXPECT_THAT(assay({"kernel", "list"}).out, AllOf(Not(HasSubstr("not built")), Not(HasSubstr("mutant"))));
  EXPECT_EQ(
      std::distance(fs::directory_iterator(root() / "cache/assay/kernels/work"), fs::directory_iterator()), 1)
      << "the tree of the base";
}

TEST_F(Mutate, IsInterruptedBeforeTheFirstMutant) {
  play_on("after-", interrupts);
  const auto stopped = mutate();
  EXPECT_EQ(stopped.code, 130);
  EXPECT_EQ(stopped.out, "");
  EXPECT_THAT(stopped.err, Not(HasSubstr("assay run --resume")));
  EXPECT_THAT(stopped.err, EndsWith("assay: interrupted; the same command goes on\n"));
  odd_.clear();
  EXPECT_EQ(mutate({"--most", "1"}).code, 1);
}

TEST_F(Mutate, RefusesToBeAtWorkTwice) {
  play_on("after-default-000", stops_the_program_once);
  auto first = start({"mutate", "two", "--accel", "kvm", "--trials", "2", "--jobs", "1", "--most", "1"});
  first.await_stop();
  expect_refused(
      {"mutate", "two", "--accel", "kvm"}, 2,
      "cannot mutate after of two: another assay mutate is at work in ROOT/results/mutants/two-after");
  first.go_on();
  EXPECT_EQ(first.end().code, 1);
}

TEST_F(Mutate, BeginsNoMutantWhenTheTimeIsOver) {
  const auto ended = mutate({"--hours", "0.000000001", "--json"});
  EXPECT_EQ(ended.code, 3) << ended.err;
  EXPECT_EQ(count(parsed(ended), "waiting"), parsed(ended)["mutants"].size());
}

TEST_F(Mutate, ListsWithoutATrialAndLeavesNothing) {
  const auto ended = mutate({"--list", "--most", "2"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, ContainsRegex("^[0-9a-f]{12} mm/memory.c:5 memory condition made true\n"
                                       "--- a/mm/memory.c\n\\+\\+\\+ b/mm/memory.c\n@@ "));
  EXPECT_FALSE(fs::exists(root() / "results"));
  EXPECT_EQ(below("cache/assay/mutate"), std::vector<std::string>());
}

TEST_F(Mutate, NeedsAFolderForItsResults) {
  write("results", "a file in the way");
  const auto ended = mutate();
  EXPECT_EQ(ended.code, 2) << ended.err;
  EXPECT_THAT(ended.err, StartsWith("assay: cannot use " + (root() / "results").string() + " for results: "));
}

TEST_F(Mutate, EndsWhenItCanKeepNothingMore) {
  const auto all = listed()["mutants"];
  static fs::path score;  // scripts capture nothing
  score = root() / folder_ / "score.json";
  play(all[1], [](Inside& guest) -> Task<> {
    std::error_code ignored;
    fs::remove(score, ignored);
    fs::create_directories(score / "in the way", ignored);
    co_await guest.hello();
    co_await guest.serve();
  });
  const auto ended = mutate();
  EXPECT_EQ(ended.code, 70) << ended.err;
  EXPECT_THAT(ended.err, ContainsRegex("\nassay: cannot replace [^\n]*score.json [^\n]*: Is a directory\n$"));
}

TEST_F(Mutate, NeedsAClaimThatHolds) {
  play_on("after-", fails_checks);
  write("experiments/two/experiment.toml",
        std::string(experiment).replace(experiment.find("count = \"finding\""), 17, "count = \"failure\""));
  const auto ended = mutate();
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err,
              EndsWith("assay: no claim on after holds for the unchanged kernels: nothing could notice "
                       "a mutant\n"));
}

TEST_F(Mutate, RefusesAKernelThatIsNoticedUnchanged) {
  play_on("unchanged", complains_in_other);
  const auto noticed = mutate();
  EXPECT_EQ(noticed.code, 125) << noticed.err;
  EXPECT_THAT(noticed.err,
              HasSubstr("assay: cannot mutate after: unchanged, it is noticed as well: finding in other: "
                        "BUG: Bad page state"));
  play_on("unchanged", ends_before_hello);
  const auto unbooted = mutate();
  EXPECT_EQ(unbooted.code, 125) << unbooted.err;
  EXPECT_THAT(unbooted.err, HasSubstr("assay: cannot mutate after: unchanged, it does not get through on "));
}

TEST_F(Mutate, SaysWhatItCannotBreak) {
  expect_refused({"mutate", "two", "--variant", "afer"}, 2,
                 "--variant afer: two has no such variant; did you mean \"after\"?");
  expect_refused({"mutate", "two", "--base", "befor"}, 2,
                 "--base befor: two has no such variant; did you mean \"before\"?");
  expect_refused({"mutate", "two", "--base", "after"}, 2,
                 "--base after: a variant does not differ from itself");
  expect_refused(
      {"mutate", "two", "--variant", "before"}, 2,
      "what of before is mutated? Name functions by --function, or the variant without the patch by --base");
  const auto unknown = mutate({"--function", "mm/memory.c:memry"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean \"memory\"?"));
  const auto elsewhere = mutate({"--function", "slub"});
  EXPECT_EQ(elsewhere.code, 2);
  EXPECT_THAT(elsewhere.err, HasSubstr("write FILE:FUNCTION, as in mm/memory.c:slub"));
}

TEST_F(Mutate, BreaksFunctionsOfFilesThatThePatchLeavesAlone) {
  const auto ended = mutate({"--function", "mm/slub.c:slub", "--list", "--json"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  const auto score = parsed(ended);
  for (const auto& one : score["mutants"]) {
    EXPECT_EQ(one["file"], "mm/slub.c");
  }
}

TEST_F(Mutate, LeavesOutFilesThatThisKernelDoesNotCompile) {
  write("images/kernels/change.patch",
        std::string(patch) +
            "--- /dev/null\n+++ b/mm/extra.c\n@@ -0,0 +1,4 @@\n+int extra(int order)\n+{\n+\treturn "
            "order + 1;\n+}\n");
  const auto ended = mutate({"--list", "--json"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("cannot mutate mm/extra.c: this kernel does not compile it"));
  const auto score = parsed(ended);
  for (const auto& one : score["mutants"]) {
    EXPECT_EQ(one["file"], "mm/memory.c");
  }
}

TEST_F(Mutate, NeedsSomethingToBreak) {
  write("images/kernels/change.patch",
        "Subject: [PATCH] mm: a word\n\n--- a/mm/memory.c\n+++ b/mm/memory.c\n@@ -1,3 "
        "+1,4 @@\n int taken;\n+/* a word */\n \n int memory(int wanted)\n");
  const auto ended = mutate();
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err,
              HasSubstr("assay: cannot mutate after: there is nothing to break in these lines; take more of "
                        "them by --context, or functions by --function\n"));
  EXPECT_FALSE(fs::exists(root() / "results"));
}

}  // namespace
}  // namespace assay::cli
