// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/text/comparison.hpp"

#include "base/text.hpp"
#include "golden.hpp"
#include "report/sample_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace assay::report {
namespace {

using ::testing::HasSubstr;

/// The sample run six times over, with its counters multiplied and one trial in three spoilt for `worse`.
store::RunView grown_view(const std::string& id, std::int64_t factor, bool worse) {
  auto view = sample_view();
  view.run.id = id;
  const auto trials = view.trials;
  view.trials.clear();
  for (unsigned round = 0; round < 6; ++round) {
    for (auto record : trials) {
      record.key.repeat += 3 * round;
      record.counters.push_back({"zero", 0});
      record.counters.push_back({"page_faults_of_an_extraordinarily_long_name_from_a_guest", 1000});
      record.counters[0].value = 123'456'789'000 * factor + round;
      record.counters[1].value = worse ? 0 : 40 + round;
      view.trials.push_back(std::move(record));
    }
  }
  if (worse) {
    view.verdicts[0].verdict = verdict::Verdict::refuted;
  }
  return view;
}

RunComparison sample_comparison() {
  return compare_runs({"shared-fault-vma-lock", "", {grown_view("20261120-010000-shared", 1, false)}},
                      {"shared-fault-vma-lock", "", {grown_view("20261121-010000-shared", 2, true)}});
}

TEST(ComparisonPage, Golden) {
  expect_golden("report/golden/comparison.txt", comparison_page(sample_comparison(), false, false));
  expect_golden("report/golden/comparison_all.txt", comparison_page(sample_comparison(), true, false));
}

TEST(ComparisonPage, CanBePastedIntoAMail) {
  for (const bool all : {false, true}) {
    const auto text = comparison_page(sample_comparison(), all, false);
    for (const auto line : split(text, '\n')) {
      EXPECT_LE(line.size(), 80U) << line;
    }
    EXPECT_EQ(printable(text), text);
  }
}

TEST(ComparisonPage, OfVariantsOfOneRunHasNoVerdictsToCompare) {
  const auto view = grown_view("r", 1, false);
  const auto text =
      comparison_page(compare_runs({"e", "before", {view}}, {"e", "after", {view}}), false, false);
  EXPECT_THAT(text, ::testing::Not(HasSubstr("verdicts")));
  EXPECT_THAT(text, HasSubstr("before against after, small, write"));
}

TEST(ComparisonPage, OfNothingInCommonSaysSo) {
  const auto text = comparison_page(
      compare_runs({"e", "before", {sample_view()}}, {"e", "absent", {sample_view()}}), false, false);
  EXPECT_THAT(text, HasSubstr("no workload was run on both sides"));
}

TEST(ComparisonJson, HasEveryMetric) {
  const auto json = nlohmann::json::parse(comparison_json({sample_comparison()}), nullptr, false);
  ASSERT_TRUE(json.is_array());
  EXPECT_EQ(json[0]["experiment"], "shared-fault-vma-lock");
  EXPECT_EQ(json[0]["base"][0], "20261120-010000-shared");
  const auto& cell = json[0]["cells"][0];
  EXPECT_EQ(cell["workload"], "write");
  EXPECT_EQ(cell["metrics"].size(), 6U);
  EXPECT_EQ(cell["metrics"][2]["metric"], "touches");
  EXPECT_LT(cell["metrics"][2]["p"], 0.001);
}

}  // namespace
}  // namespace assay::report
