// SPDX-License-Identifier: GPL-2.0-or-later
// golden/statistics.txt holds what SciPy computes; golden_statistics.py made it.
#include "base/files.hpp"
#include "base/text.hpp"
#include "verdict/bootstrap.hpp"
#include "verdict/proportions.hpp"
#include "verdict/ranks.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <vector>

namespace assay::verdict {
namespace {

using Numbers = std::vector<double>;

constexpr double tolerance = 1e-6;

Numbers numbers_in(std::string_view word) {
  Numbers numbers;
  for (const auto piece : split(word, ',')) {
    numbers.push_back(std::strtod(std::string(piece).c_str(), nullptr));
  }
  return numbers;
}

Tally tally(const std::vector<Numbers>& words, std::size_t at) {
  return {static_cast<unsigned>(words.at(at).front()), static_cast<unsigned>(words.at(at + 1).front())};
}

Numbers both(const Interval& interval) { return {interval.low, interval.high}; }
Numbers both(const Tails& tails) { return {tails.less, tails.greater}; }
std::uint64_t seed(const Numbers& word) { return static_cast<std::uint64_t>(word.front()); }

using Words = std::vector<Numbers>;
const std::map<std::string, std::function<Numbers(const Words&)>, std::less<>> functions{
    {"clopper_pearson", [](const Words& w) { return both(clopper_pearson(tally(w, 0), w[2].front())); }},
    {"fisher", [](const Words& w) { return both(fisher(tally(w, 0), tally(w, 2))); }},
    {"difference",
     [](const Words& w) { return both(test_difference(tally(w, 0), tally(w, 2), w[4].front())); }},
    {"mann_whitney", [](const Words& w) { return both(mann_whitney(w[0], w[1]).tails); }},
    {"mann_whitney_normal", [](const Words& w) { return both(mann_whitney_normal(w[0], w[1]).tails); }},
    {"above", [](const Words& w) { return Numbers{mann_whitney(w[0], w[1]).above}; }},
    {"hodges_lehmann", [](const Words& w) { return Numbers{hodges_lehmann(w[0], w[1])}; }},
    {"bootstrap_shift",
     [](const Words& w) { return both(bootstrap_shift(w[0], w[1], w[2].front(), seed(w[3])).interval); }},
    {"bootstrap_median",
     [](const Words& w) { return both(bootstrap_median(w[0], w[1].front(), seed(w[2])).interval); }},
    {"normal_quantile", [](const Words& w) { return Numbers{normal_quantile(w[0].front())}; }},
    {"holm", [](const Words& w) { return holm(w[0]); }},
};

void expect_line(std::string_view line) {
  const auto pieces = split(line, ' ');
  const auto function = functions.find(pieces.front());
  ASSERT_NE(function, functions.end()) << line;
  Words inputs;
  Numbers expected;
  bool behind_arrow = false;
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    if (pieces[i] == "->") {
      behind_arrow = true;
    } else if (behind_arrow) {
      expected.push_back(numbers_in(pieces[i]).front());
    } else {
      inputs.push_back(numbers_in(pieces[i]));
    }
  }
  const auto found = function->second(inputs);
  ASSERT_EQ(found.size(), expected.size()) << line;
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_NEAR(found[i], expected[i], tolerance) << line;
  }
}

TEST(Statistics, AreThoseOfSciPy) {
  const auto table = read_file(fs::path(ASSAY_UNIT_TESTS) / "verdict/golden/statistics.txt");
  ASSERT_TRUE(table) << table.error().text();
  std::map<std::string, int, std::less<>> seen;
  for (const auto line : split(*table, '\n')) {
    if (!line.empty() && line.front() != '#') {
      expect_line(line);
      ++seen[std::string(split(line, ' ').front())];
    }
  }
  for (const auto& [name, function] : functions) {
    EXPECT_GT(seen[name], 0) << name;
  }
}

TEST(Statistics, OfNothingSayNothing) {
  EXPECT_EQ(clopper_pearson({0, 0}, 0.95).low, 0);
  EXPECT_EQ(clopper_pearson({0, 0}, 0.95).high, 1);
  EXPECT_EQ(fisher({0, 0}, {3, 4}).less, 1);
  EXPECT_EQ(test_difference({0, 0}, {3, 4}, 0.1).greater, 1);
  EXPECT_EQ(mann_whitney({}, {1, 2}).tails.less, 1);
  EXPECT_TRUE(holm({}).empty());
}

TEST(Difference, HasAnIntervalThatItsTestAgreesWith) {
  const Tally head{2, 20};
  const Tally base{11, 20};
  const auto found = difference(head, base, 0.95);
  EXPECT_DOUBLE_EQ(found.value, -0.45);
  EXPECT_LT(found.interval.low, found.value);
  EXPECT_GT(found.interval.high, found.value);
  constexpr double outside = 0.025;
  constexpr double nearby = 1e-4;
  EXPECT_LT(test_difference(head, base, found.interval.high + nearby).less, outside);
  EXPECT_GE(test_difference(head, base, found.interval.high - nearby).less, outside);
  EXPECT_LT(test_difference(head, base, found.interval.low - nearby).greater, outside);
  EXPECT_GE(test_difference(head, base, found.interval.low + nearby).greater, outside);
  EXPECT_LE(difference({0, 5}, {0, 5}, 0.95).interval.low, 0);
  EXPECT_GE(difference({5, 5}, {5, 5}, 0.95).interval.high, 0);
}

TEST(HodgesLehmann, NeedsNoListOfAllPairs) {
  Numbers head(3000);
  std::iota(head.begin(), head.end(), 1000.0);
  Numbers base(3000);
  std::iota(base.begin(), base.end(), 0.0);
  EXPECT_EQ(hodges_lehmann(head, base), 1000);
  EXPECT_EQ(hodges_lehmann({1e300, -1e300}, {0}), 0);
}

TEST(Bootstrap, GivesTheSameForTheSameSeed) {
  const Numbers head{1, 5, 2, 8, 4};
  const Numbers base{3, 9, 1, 7};
  EXPECT_EQ(both(bootstrap_shift(head, base, 0.95).interval),
            both(bootstrap_shift(head, base, 0.95).interval));
  EXPECT_EQ(bootstrap_median({7}, 0.95).interval.low, 7);
  EXPECT_EQ(bootstrap_median({7}, 0.95).interval.high, 7);
}

TEST(TrialsNeeded, AreAsFewAsAnExactTestCanDoWith) {
  EXPECT_EQ(fewest_trials(0.05), 4U);      // 2 of 70 orders
  EXPECT_EQ(fewest_trials(0.05 / 7), 6U);  // 2 of 924
  EXPECT_EQ(trials_needed(mann_whitney({0, 0, 0}, {1, 1, 1}), 0.05), 4U);
  EXPECT_EQ(trials_needed(mann_whitney({1, 2, 3}, {2, 3, 4}), 0.05), 17U);
  EXPECT_EQ(trials_needed(mann_whitney({1, 2}, {1, 2}), 0.05), 0U);
  EXPECT_EQ(trials_needed({0, 10}, {0, 10}, 0, 0.05), 0U);
  EXPECT_EQ(trials_needed({0, 100}, {50, 100}, 0, 0.05), 9U);
  EXPECT_GT(trials_needed({1, 10}, {2, 10}, 0, 0.05), 100U);
}

}  // namespace
}  // namespace assay::verdict
