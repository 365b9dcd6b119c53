// SPDX-License-Identifier: GPL-2.0-or-later
// `assay runs`, `show` and `compare`: what is known of runs.
#include "command.hpp"

#include <nlohmann/json.hpp>

namespace assay::cli {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

class Shown : public OnFakes {};

TEST_F(Shown, BeforeTheFirstRunThereIsNothing) {
  const auto runs = assay({"runs"});
  EXPECT_EQ(runs.code, 0);
  EXPECT_EQ(runs.out, "no runs yet\n");
  for (const auto& words : {Words{"show"}, {"report"}, {"export", "--csv"}, {"compare", "last", "last"}}) {
    expect_refused(words, 2, "cannot find run \"last\": there are no runs yet");
  }
  EXPECT_FALSE(fs::exists(root() / "results")) << "who looks makes nothing";
}

TEST_F(Shown, AFolderThatIsNamedMustBeThere) {
  for (const auto& words : {Words{"runs"}, {"show"}, {"report"}, {"prune"}}) {
    auto line = words;
    line.insert(line.end(), {"--results", "nosuch"});
    const auto ended = assay(line);
    EXPECT_EQ(ended.code, 2) << words.front();
    EXPECT_THAT(ended.err, HasSubstr("nosuch: No such file or directory\n")) << words.front();
  }
  EXPECT_FALSE(fs::exists(root() / "nosuch"));
}

TEST_F(Shown, RunsAreListedNewestFirst) {
  run_it();
  const auto older = last_run();
  cast_ = [](const machine::BootSpec&, unsigned) -> Script { return skips; };
  static_cast<void>(assay({"run", "-q", "--trials", "1", "two"}));
  const auto runs = assay({"runs"}).out;
  EXPECT_THAT(runs,
              MatchesRegex("run +trials +claims\n.*-two-.* +4/4 +1 not run\n.*-two-.* +12/12 +1 holds\n"));
  EXPECT_LT(runs.find(last_run()), runs.find(older));
}

TEST_F(Shown, ARunIsShownByAnyPartOfItsName) {
  run_it();
  const auto id = last_run();
  const auto page = assay({"show"});
  EXPECT_EQ(page.code, 0);
  EXPECT_THAT(page.out, StartsWith("two: two kernels\n\nrun       " + id));
  EXPECT_THAT(page.out, HasSubstr("\nTrials (guest time that was measured)\n"));
  EXPECT_THAT(page.out, HasSubstr("\nKernels\n  before: 6.12.0\n"));
  EXPECT_THAT(page.out, HasSubstr("\n  accelerator: TCG\n"));
  EXPECT_THAT(page.out, EndsWith("\nfiles: results/runs/" + id + "\n"));
  for (const auto& name : {id, id.substr(id.size() - 6), std::string("last")}) {
    EXPECT_EQ(assay({"show", name}).out, page.out) << name;
  }
  expect_refused({"show", "nosuch"}, 2,
                 "cannot find run \"nosuch\": no run has this in its name; the last run is " + id);
}

TEST_F(Shown, AsJsonAndKtapARunIsWhatRunPrinted) {
  const auto json = assay({"run", "-q", "--json", "two"});
  EXPECT_EQ(assay({"show", "--json"}).out, json.out);
  const auto ktap = assay({"run", "-q", "--ktap", "two"});
  EXPECT_EQ(assay({"show", "--ktap"}).out, ktap.out);
  expect_refused({"show", "--json", "--ktap"}, 2, "cannot take --json and --ktap together");
  expect_refused({"show", "--json", "--coverage"}, 2, "cannot take --json and --coverage together");
}

TEST_F(Shown, CoverageIsOfRunsWithASeries) {
  run_it();
  const auto ended = assay({"show", "--coverage"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, StartsWith("No line of a series was watched: "));
}

TEST_F(Shown, WhatDidNotPassIsShownWithItsReason) {
  cast_ = only_on("after", fails_checks);
  EXPECT_EQ(assay({"run", "-q", "--trials", "1", "two"}).code, 3);
  const auto page = assay({"show"}).out;
  EXPECT_THAT(page, HasSubstr("\ntrials    4 of 4: 2 passed, 2 failed\n"));
  EXPECT_THAT(page, HasSubstr("check content failed: page 3 differs"));
}

TEST_F(Shown, WhatAGuestSaysDoesNotTalkToTheTerminal) {
  cast_ = only_on("after", [](Inside& guest) -> Task<> {
    link::sample::ResultWords words{wire::Fate::finished, wire::Outcome::skip, "no \x1b[2J\x07here", true, 0};
    co_await guest.hello();
    co_await guest.serve(words);
  });
  const auto run = assay({"run", "--trials", "1", "two"});
  const auto page = assay({"show"});
  for (const auto& text : {run.out, run.err, page.out}) {
    EXPECT_THAT(text, AllOf(HasSubstr("no \\x1b[2J"), Not(HasSubstr("\x1b")), Not(HasSubstr("\x07"))));
  }
}

class Compared : public OnFakes {
 protected:
  void SetUp() override {
    run_it();
    base_ = last_run();
    cast_ = only_on("after", skips);
    static_cast<void>(assay({"run", "-q", "two"}));
    head_ = last_run();
  }

  std::string base_;
  std::string head_;
};

TEST_F(Compared, RunsDifferInTheirVerdicts) {
  const auto ended = assay({"compare", base_, head_});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, StartsWith("two\n\nbase  " + base_ + " (12 trials)\n      before = 6.12.0 ["));
  EXPECT_THAT(ended.out, HasSubstr("\nhead  " + head_ + " (12 trials)\n"));
  EXPECT_THAT(ended.out, ContainsRegex("quiet.*holds.*(not run|inconclusive)"));
  EXPECT_THAT(assay({"compare", base_, base_}).out, HasSubstr("\n1 claim, all with equal verdicts\n"));
}

TEST_F(Compared, AsJsonItIsForPrograms) {
  const auto json = nlohmann::json::parse(assay({"compare", "--json", base_, head_}).out, nullptr, false);
  ASSERT_FALSE(json.is_discarded());
  EXPECT_THAT(json.dump(), AllOf(HasSubstr(base_), HasSubstr(head_)));
}

TEST_F(Compared, VariantsOfARunAreSides) {
  const auto ended = assay({"compare", base_ + ":before", base_ + ":after"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("\nhead  " + base_ + " (12 trials, variant after)\n"));
  EXPECT_THAT(ended.out, HasSubstr("\nbefore against after, default, one\n"));
  expect_refused(
      {"compare", base_ + ":befor", "last"}, 2,
      "run " + base_ + " has no variant \"befor\"; did you mean \"before\"?; there is before and after");
}

TEST_F(Compared, ADayIsAllItsRuns) {
  const auto day = base_.substr(0, 8);
  const auto dashed = day.substr(0, 4) + "-" + day.substr(4, 2) + "-" + day.substr(6);
  EXPECT_THAT(assay({"compare", dashed, head_}).out, AllOf(HasSubstr(base_), HasSubstr(head_)));
  expect_refused({"compare", "2020-01-01", "last"}, 2,
                 "no run began on 20200101; assay runs lists what there is");
}

TEST_F(Compared, RunsOfDifferentExperimentsAreNot) {
  auto text = text_of("experiments/two/experiment.toml");
  text.replace(text.find("\"two\""), 5, "\"other\"");
  write("experiments/other/experiment.toml", text);
  static_cast<void>(assay({"run", "-q", "--trials", "1", "other"}));
  expect_refused({"compare", base_, "last"}, 2,
                 "cannot compare " + base_ + " with last: they are of different experiments, two and other");
}

}  // namespace
}  // namespace assay::cli
