// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/catalogue.hpp"
#include "experiment/experiment.hpp"
#include "experiment/experiment_reader.hpp"
#include "experiment/kept_file.hpp"
#include "experiment/sample_catalogue.hpp"
#include "experiment/sample_experiment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::experiment {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string sample_grid = R"toml(
[[grids]]
id = "retries"
says = "Retries of a fault."
workload = "{row}"
rows = ["write"]
columns = ["pgfault", "vma_lock_retry"]
figure = "vmstat.{column} / touches"
expect = "<= 0.5"
why = "content"
)toml";

Result<Experiment> parse_with(const std::string& grid) {
  return parse_experiment(sample_experiment + grid, "x.toml", *Catalogue::from_json(sample_describe));
}

/// The grid above with the first `from` replaced, and what is wrong with it.
std::string mistake_with(const std::string& from, const std::string& to) {
  auto grid = sample_grid;
  const auto experiment = parse_with(grid.replace(grid.find(from), from.size(), to));
  return experiment ? "" : experiment.error().text();
}

TEST(Grids, HaveAFigureForEachCell) {
  const auto experiment = parse_with(sample_grid);
  ASSERT_TRUE(experiment) << experiment.error().text();
  ASSERT_EQ(experiment->grids.size(), 1U);
  const auto& grid = experiment->grids.front();
  EXPECT_EQ(grid.workload("write", "pgfault"), "write");
  EXPECT_EQ(grid.figure("write", "pgfault").text(), "vmstat.pgfault / touches");
  EXPECT_FALSE(grid.expected.admits(0.6));
  EXPECT_TRUE(grid.variants.empty());
}

TEST(Grids, KnowTheVariantsWithoutACatalogue) {
  const auto grids = grids_in(sample_experiment + sample_grid);
  ASSERT_EQ(grids.size(), 1U);
  EXPECT_THAT(grids[0].variants, ElementsAre("old", "new"));
  EXPECT_THAT(grids[0].machines, ElementsAre("small"));
  EXPECT_EQ(grids[0].why, "content");
  EXPECT_TRUE(grids_in("no toml [").empty());
  EXPECT_TRUE(grids_in(sample_experiment).empty());
}

TEST(Grids, MistakesNameTheCell) {
  EXPECT_THAT(mistake_with("\"pgfault\"", "\"pgfaults\""), HasSubstr("no counter \"vmstat.pgfaults\""));
  EXPECT_THAT(mistake_with("[\"write\"]", "[\"wrote\"]"), HasSubstr("no workload \"wrote\"; did you mean"));
  EXPECT_THAT(mistake_with("\"content\"", "\"contents\""), HasSubstr("no check \"contents\""));
  EXPECT_THAT(mistake_with("<= 0.5", "0.5"), HasSubstr("is not a bound"));
  EXPECT_THAT(mistake_with("rows = [\"write\"]", "rows = []"), HasSubstr("[[grids]] needs rows"));
  EXPECT_THAT(mistake_with("[\"write\"]", "[\"write\", \"write\"]"), HasSubstr("is there twice"));
  EXPECT_THAT(mistake_with("[[grids]]", "[grids]"), HasSubstr("write [[grids]]"));
  EXPECT_THAT(mistake_with("why", "wny"), HasSubstr("did you mean \"why\""));
}

}  // namespace
}  // namespace assay::experiment
