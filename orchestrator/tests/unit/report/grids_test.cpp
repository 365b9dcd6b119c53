// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/grids.hpp"

#include "report/formats/formats.hpp"
#include "report/page/page.hpp"
#include "report/text/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>

namespace assay::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string grid_toml = R"toml(
[variants.good]
kernel = "k"
[variants.a-variant-with-a-very-long-name]
kernel = "k"
[variants.never-run]
kernel = "k"
[machines.pc]
arch = "x86_64"
[[grids]]
id = "g"
says = "How wrong <it> is."
workload = "w"
rows = ["fork", "swap"]
columns = ["rw", "ro"]
figure = "wrong.{row}.{column} / pages"
expect = "<= 0"
why = "cells"
)toml";

trial::TrialRecord grid_trial(const std::string& variant, std::int64_t fork_ro) {
  trial::TrialRecord record;
  record.key = {variant, "pc", "w", 0};
  record.outcome = trial::Outcome::pass;
  record.counters = {{"pages", 4}, {"wrong.fork.rw", 0}, {"wrong.fork.ro", fork_ro}, {"wrong.swap.rw", 4}};
  record.checks = {{"cells", true, "no swap: swap (ro)"}};
  return record;
}

store::RunView grid_view() {
  store::RunView view;
  view.run.experiment_toml = grid_toml;
  view.trials = {grid_trial("good", 0), grid_trial("good", 0),
                 grid_trial("a-variant-with-a-very-long-name", 0),
                 grid_trial("a-variant-with-a-very-long-name", 2)};
  return view;
}

TEST(Grids, JudgeEachCellByAllItsTrials) {
  const auto grids = grids_of(grid_view());
  ASSERT_EQ(grids.size(), 1U);
  ASSERT_EQ(grids[0].blocks.size(), 1U);
  const auto& block = grids[0].blocks[0];
  ASSERT_EQ(block.sides.size(), 2U);  // the third was never run
  EXPECT_EQ(grids[0].cell(block.sides[0], 0, 1).state, CellState::expected);
  EXPECT_EQ(grids[0].cell(block.sides[1], 0, 1).state, CellState::mixed);
  EXPECT_THAT(grids[0].cell(block.sides[1], 0, 1).values, ElementsAre(0, 0.5));
  EXPECT_EQ(grids[0].cell(block.sides[0], 1, 0).state, CellState::other);
  EXPECT_EQ(grids[0].cell(block.sides[0], 1, 1).state, CellState::not_run);
  EXPECT_THAT(block.reasons, ElementsAre("no swap: swap (ro)"));
}

TEST(Grids, AFailedTrialHasNoFigures) {
  auto view = grid_view();
  view.trials[3].outcome = trial::Outcome::fail;
  const auto grids = grids_of(view);
  EXPECT_EQ(grids[0].cell(grids[0].blocks[0].sides[1], 0, 1).state, CellState::expected);
}

TEST(Grids, AreDrawnInEightyColumns) {
  const auto text = grids_text(grid_view());
  EXPECT_THAT(text, HasSubstr("   fork  ..    .~\n   swap  #     #\n"));
  EXPECT_THAT(text, HasSubstr("a rw, b ro"));
  EXPECT_THAT(text, HasSubstr("not run: no swap: swap (ro)"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80U) << line;
  }
}

TEST(Grids, TakeSeveralPartsWhenVariantsAreMany) {
  auto view = grid_view();
  auto& toml = view.run.experiment_toml;
  for (int i = 0; i < 40; ++i) {
    const auto name = "v" + std::to_string(i);
    toml = "[variants." + name + "]\nkernel = \"k\"\n" + toml;
    view.trials.push_back(grid_trial(name, 0));
  }
  const auto text = grids_text(view);
  EXPECT_THAT(text, HasSubstr("v39"));
  EXPECT_GE(std::count(text.begin(), text.end(), '\n'), 3 * 4);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80U) << line;
  }
}

TEST(Grids, ArePartOfEveryReport) {
  const auto view = grid_view();
  const auto html = run_html(view, {});
  EXPECT_THAT(html, HasSubstr("href=\"#grids\""));
  EXPECT_THAT(html, HasSubstr("How wrong &#60;it&#62; is."));
  EXPECT_THAT(html, HasSubstr("<td class=\"mixed\" title=\"fork, ro on a-variant-with-a-very-long-name: "
                              "0..0.5 in 2 trials\">0..0.5</td>"));
  EXPECT_THAT(html, HasSubstr("<td class=\"not-run\" title=\"swap, ro on good: not run\">"));
  EXPECT_THAT(run_markdown(view), HasSubstr("   fork  ..    .~\n"));
  EXPECT_THAT(verdict_table(view, false), HasSubstr("grid g: How wrong <it> is."));
  const auto json = nlohmann::json::parse(run_json(view));
  EXPECT_EQ(json["grids"][0]["cells"].size(), 8U);
  EXPECT_EQ(json["grids"][0]["cells"][1]["state"], "expected");
  EXPECT_EQ(json["grids"][0]["cells"][3]["state"], "not run");
}

TEST(Grids, NoneNoSection) {
  auto view = grid_view();
  view.run.experiment_toml.clear();
  EXPECT_EQ(grids_text(view), "");
  EXPECT_THAT(run_html(view, {}), Not(HasSubstr("id=\"grids\"")));
}

}  // namespace
}  // namespace assay::report
