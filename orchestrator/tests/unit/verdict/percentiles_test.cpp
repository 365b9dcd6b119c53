// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/percentiles.hpp"

#include "verdict/records.hpp"
#include "verdict/sides.hpp"

#include <gtest/gtest.h>

namespace assay::verdict {
namespace {

experiment::Experiment with_figure(const experiment::Figure& figure) {
  experiment::Experiment experiment;
  experiment.claims.emplace_back();
  experiment.claims.front().workload = "workload";
  experiment.claims.front().rule = experiment::NoMoreRule{figure, "old", "new", 0};
  return experiment;
}

TEST(Percentiles, BecomeCountersOfTheTrialsThatHaveSamples) {
  Trials trials{record_of("old", 0, {{"touches", 2}}), record_of("old", 1, {{"touches", 2}})};
  const experiment::Figure figure{"p50(meminfo.Dirty)", "touches"};
  const auto read = [](const trial::TrialKey& key,
                       const std::string& metric) -> Result<std::vector<std::int64_t>> {
    EXPECT_EQ(metric, "meminfo.Dirty");
    return key.repeat == 0 ? std::vector<std::int64_t>{9, 1, 5, 3, 7, 8} : std::vector<std::int64_t>{};
  };
  ASSERT_TRUE(add_percentiles(with_figure(figure), trials, read));
  EXPECT_EQ(value_of(figure, trials[0]), 2.5);
  EXPECT_FALSE(value_of(figure, trials[1]));
}

TEST(Percentiles, AreNearestRanks) {
  const auto of = [](const std::string& name) {
    Trials trials{record_of("old", 0, {})};
    const auto added = add_percentiles(with_figure({name, ""}), trials, [](const auto&, const auto&) {
      return Result<std::vector<std::int64_t>>(std::vector<std::int64_t>{50, 20, 40, 15, 35});
    });
    EXPECT_TRUE(added);
    return trials.front().counters.front().value;
  };
  EXPECT_EQ(of("p0(m.x)"), 15);
  EXPECT_EQ(of("p30(m.x)"), 20);
  EXPECT_EQ(of("p40(m.x)"), 20);
  EXPECT_EQ(of("p50(m.x)"), 35);
  EXPECT_EQ(of("p100(m.x)"), 50);
}

TEST(Percentiles, AreReadForClaimsThatAskForThem) {
  Trials trials{record_of("old", 0, {})};
  const auto fails = [](const auto&, const auto&) {
    return Result<std::vector<std::int64_t>>(fail(Failure::infrastructure, "gone"));
  };
  EXPECT_TRUE(add_percentiles(with_figure({"touches", ""}), trials, fails));
  EXPECT_EQ(add_percentiles(with_figure({"touches", "p9(m.x)"}), trials, fails).error().text(), "gone");
}

}  // namespace
}  // namespace assay::verdict
