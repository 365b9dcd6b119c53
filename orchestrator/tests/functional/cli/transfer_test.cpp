// SPDX-License-Identifier: GPL-2.0-or-later
// `assay import` and `prune`: runs that come from elsewhere, and runs that go.
#include "command.hpp"

#include <sys/stat.h>

#include <csignal>
#include <functional>

namespace assay::cli {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ContainsRegex;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

/// Runs of four trials, in as many results folders as wanted.
class Transfer : public OnFakes {
 protected:
  std::string run_into(const std::string& results) {
    EXPECT_EQ(assay({"run", "-q", "--trials", "1", "two", "--results", results}).code, 3);
    return last_run(results);
  }
};

TEST_F(Transfer, AnImportBringsRunsWithTheirFiles) {
  const auto here = run_into("here");
  const auto there = run_into("there");
  const auto files = below("there/runs/" + there);
  ASSERT_THAT(files, Contains("trials/after-default-000/console.log"));
  const auto imported = assay({"import", "there", "--results", "here"});
  EXPECT_EQ(imported.code, 0) << imported.err;
  EXPECT_EQ(imported.out,
            there + ", 4 trials: added\n1 run: 1 added, 0 replaced, 0 here already, 0 still running\n");
  EXPECT_EQ(below("here/runs/" + there), files);
  EXPECT_EQ(assay({"show", there, "--results", "here", "--json"}).out,
            assay({"show", "--results", "there", "--json"}).out);
  const auto again = assay({"import", "there/assay.sqlite", "--results", "here"});
  EXPECT_EQ(
      again.out,
      there + ", 4 trials: is here already\n1 run: 0 added, 0 replaced, 1 here already, 0 still running\n");
  EXPECT_THAT(assay({"runs", "--results", "here"}).out, AllOf(HasSubstr(here), HasSubstr(there)));
}

TEST_F(Transfer, ADryImportChangesNothing) {
  const auto there = run_into("there");
  const auto dry = assay({"import", "--dry-run", "there"});
  EXPECT_EQ(dry.code, 0) << dry.err;
  EXPECT_THAT(dry.out,
              AllOf(StartsWith(there + ", 4 trials: would be added\n"), EndsWith("; nothing was changed\n")));
  EXPECT_FALSE(fs::exists(root() / "results"));
}

TEST_F(Transfer, AnImportIntoNothingMakesTheFolder) {
  static_cast<void>(run_into("there"));
  const auto ended = assay({"import", "there"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.err, "assay: made the folder results for results\n");
}

TEST_F(Transfer, TheRunWithMoreTrialsStays) {
  cast_ = only_guest(1, ends_the_program);
  EXPECT_EQ(assay({"run", "-q", "two"}).code, -SIGKILL);
  fs::copy(root() / "results", root() / "there", fs::copy_options::recursive);
  all_is_well();
  const auto resumed = assay({"run", "--resume", "-q", "--results", "there"});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  const auto replaced = assay({"import", "there"});
  EXPECT_EQ(replaced.code, 0) << replaced.err;
  EXPECT_THAT(replaced.out, HasSubstr(", 12 trials: replaced: it had more trials there\n"));
  EXPECT_THAT(assay({"runs"}).out, HasSubstr("12/12"));
}

TEST_F(Transfer, WhatIsNoResultsIsNotImported) {
  static_cast<void>(run_into("results"));
  fs::create_directory(root() / "empty");
  expect_refused({"import", "results"}, 2, "cannot import results: these are the results themselves");
  expect_refused({"import", "results/assay.sqlite"}, 2,
                 "cannot import results/assay.sqlite: these are the results themselves");
  expect_refused({"import", "nosuch"}, 2, "cannot import ROOT/nosuch: there is no such file");
  expect_refused({"import", "empty"}, 2, "cannot import ROOT/empty/assay.sqlite: there is no such file");
  expect_refused(
      {"import", "old"}, 2,
      "cannot import ROOT/old: cannot open results database ROOT/old: it is not an SQLite database");
}

TEST_F(Transfer, AHostileFolderIsRefusedWhole) {
  const auto there = run_into("there");
  const auto trials = root() / "there/runs" / there / "trials";
  const std::vector<std::pair<std::string, std::function<void()>>> traps{
      {"it is a symbolic link", [&] { fs::create_symlink("/etc/passwd", trials / "trap"); }},
      {"it is neither a file nor a folder", [&] { ::mkfifo((trials / "trap").c_str(), 0600); }},
      {"it lies too deep",
       [&] { fs::create_directories(trials / "trap/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17"); }},
  };
  for (const auto& [why, set] : traps) {
    set();
    const auto refused = assay({"import", "there"});
    EXPECT_EQ(refused.code, 2) << why;
    EXPECT_EQ(refused.out, "") << why;
    EXPECT_THAT(refused.err,
                AllOf(StartsWith("assay: cannot import run " + there + ": "), EndsWith(why + "\n")));
    EXPECT_FALSE(fs::exists(root() / "results")) << why;
    fs::remove_all(trials / "trap");
  }
}

TEST_F(Transfer, ALinkInOurOwnResultsLeadsNoImportAway) {
  const auto there = run_into("there");
  static_cast<void>(run_into("results"));
  fs::create_directory(root() / "elsewhere");
  fs::create_symlink(root() / "elsewhere", root() / "results/runs" / there);
  EXPECT_NE(assay({"import", "there"}).code, 0);
  EXPECT_THAT(below("elsewhere"), IsEmpty());
}

class Prune : public Transfer {};

TEST_F(Prune, OfNothingRemovesNothing) {
  for (const auto& words : {Words{"prune"}, {"prune", "--keep", "0", "--yes"}}) {
    const auto ended = assay(words);
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(ended.out, "nothing to remove\n");
  }
  EXPECT_FALSE(fs::exists(root() / "results"));
}

TEST_F(Prune, SaysWhatGoesAndWaitsForYes) {
  const auto older = run_into("results");
  const auto newer = run_into("results");
  EXPECT_EQ(assay({"prune"}).out, "nothing to remove\n") << "ten are kept";
  const auto asked = assay({"prune", "--keep", "1"});
  EXPECT_EQ(asked.code, 0) << asked.err;
  EXPECT_THAT(asked.out, ContainsRegex("^ +[0-9.]+ KiB  " + older +
                                       ", 4 of 4 trials, finished\n"
                                       "would remove 1 run, [0-9.]+ KiB; with --yes it does\n$"));
  EXPECT_TRUE(fs::exists(root() / "results/runs" / older));
  const auto done = assay({"prune", "--keep", "1", "--yes"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("\nremoved 1 run, "));
  EXPECT_FALSE(fs::exists(root() / "results/runs" / older));
  EXPECT_THAT(assay({"runs"}).out, AllOf(HasSubstr(newer), Not(HasSubstr(older))));
}

TEST_F(Prune, TakesTheRunsThatAreNamed) {
  const auto one = run_into("results");
  const auto other = run_into("results");
  expect_refused({"prune", "nosuch", "--yes"}, 2,
                 "cannot find run \"nosuch\": no run has this in its name; the last run is " + other);
  EXPECT_EQ(assay({"prune", one, "--keep", "1"}).code, 2) << "either these or the old ones";
  EXPECT_THAT(assay({"prune", one, one, "--yes"}).out, HasSubstr("\nremoved 1 run, "))
      << "named twice, gone once";
  EXPECT_EQ(assay({"prune", "last", "--older-than", "1"}).code, 2);
  EXPECT_EQ(assay({"prune", "--older-than", "1"}).out, "nothing to remove\n");
  EXPECT_THAT(assay({"runs"}).out, AllOf(HasSubstr(other), Not(HasSubstr(one))));
}

TEST_F(Prune, FollowsNoLinkOutOfTheResults) {
  const auto id = run_into("results");
  fs::rename(root() / "results/runs", root() / "elsewhere");
  fs::create_symlink(root() / "elsewhere", root() / "results/runs");
  EXPECT_NE(assay({"prune", id, "--yes"}).code, 0);
  EXPECT_TRUE(fs::exists(root() / "elsewhere" / id));
  EXPECT_THAT(assay({"runs"}).out, HasSubstr(id));
}

}  // namespace
}  // namespace assay::cli
