// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/spending.hpp"

#include "verdict/bootstrap.hpp"
#include "verdict/proportions.hpp"
#include "verdict/ranks.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace assay::verdict {
namespace {

constexpr unsigned experiments = 2000;
constexpr Schedule five_looks{4, 20};

TEST(Schedule, LooksAtTheEndOnceOrStepByStep) {
  EXPECT_EQ(Schedule{}.looks(), 1U);
  EXPECT_EQ(share_of_look({}, 1), 1);
  const Schedule uneven{10, 25};
  EXPECT_EQ(uneven.looks(), 3U);
  EXPECT_EQ(uneven.repeats_at(2), 20U);
  EXPECT_EQ(uneven.repeats_at(3), 25U);
}

TEST(Schedule, SpendsEverythingAndNoMore) {
  for (const Schedule schedule : {five_looks, Schedule{10, 25}, Schedule{1, 400}, Schedule{7, 7}}) {
    double all = 0;
    for (unsigned look = 1; look <= schedule.looks(); ++look) {
      EXPECT_GT(share_of_look(schedule, look), 0);
      all += share_of_look(schedule, look);
    }
    EXPECT_NEAR(all, 1, 1e-12);
  }
  // Pocock's function at a fifth: ln(1 + 0.2 (e - 1)).
  EXPECT_NEAR(share_of_look(five_looks, 1), 0.295395, 1e-6);
}

TEST(Decide, ComparesWithWhatALookMaySpend) {
  const auto by_one_look = decide({{{0.02, 0.99}}}, {0.05}, {});
  EXPECT_TRUE(by_one_look.front().decided);
  EXPECT_TRUE(by_one_look.front().holds);
  EXPECT_DOUBLE_EQ(by_one_look.front().p, 0.04);
  const auto by_first_of_five = decide({{{0.02, 0.99}}}, {0.05}, five_looks);
  EXPECT_FALSE(by_first_of_five.front().decided);
  EXPECT_NEAR(by_first_of_five.front().p_adjusted, 0.04 / 0.295395, 1e-6);
}

TEST(Decide, CorrectsForTheOtherClaims) {
  const std::vector<Evidence> three{{0.01, 1}, {1, 0.01}, {0.6, 0.5}};
  const auto rulings = decide({three}, {0.05, 0.05, 0.05}, {});
  EXPECT_DOUBLE_EQ(rulings[0].p_adjusted, 0.06);
  EXPECT_FALSE(rulings[0].decided);
  const auto alone = decide({{three[1]}}, {0.05}, {});
  EXPECT_TRUE(alone[0].decided);
  EXPECT_FALSE(alone[0].holds);
}

TEST(Decide, KeepsWhatWasDecided) {
  const auto rulings = decide({{{0.001, 1}}, {{1, 0.001}}}, {0.05}, five_looks);
  EXPECT_TRUE(rulings.front().holds);
  EXPECT_EQ(rulings.front().look, 1U);
}

/// Figures as guests give them: fine, coarse with many ties, or mostly zero.
enum class Kind { fine, coarse, rare };

double draw(Kind kind, double shift, SplitMix& random) {
  const auto uniform = [&] { return static_cast<double>(random.below(1U << 24U)) / (1U << 24U); };
  switch (kind) {
    case Kind::fine:
      return std::log(1 - uniform()) + shift;
    case Kind::coarse:
      return std::floor(uniform() * uniform() * 4 + shift);
    case Kind::rare:
      break;
  }
  return uniform() < 0.1 + shift ? 1 : 0;
}

struct Tallies {
  unsigned decided = 0;
  double trials = 0;
};

/// Experiments of `claims` claims on one schedule, judged until all are decided or the cap is reached;
/// counts those in which anything was decided.
Tallies simulate(Kind kind, double shift, unsigned claims, const Schedule& schedule) {
  SplitMix random(17);
  Tallies tallies;
  for (unsigned i = 0; i < experiments; ++i) {
    std::vector<std::vector<double>> head(claims);
    std::vector<std::vector<double>> base(claims);
    std::vector<std::vector<Evidence>> looks;
    std::vector<Ruling> rulings;
    for (unsigned look = 1; look <= schedule.looks(); ++look) {
      looks.emplace_back();
      for (unsigned claim = 0; claim < claims; ++claim) {
        while (head[claim].size() < schedule.repeats_at(look)) {
          head[claim].push_back(draw(kind, shift, random));
          base[claim].push_back(draw(kind, 0, random));
        }
        const auto tails = mann_whitney(head[claim], base[claim]).tails;
        looks.back().push_back({tails.less, tails.greater});
      }
      rulings = decide(looks, std::vector<double>(claims, 0.05), schedule);
      tallies.trials += schedule.step;
      if (std::all_of(rulings.begin(), rulings.end(), [](const Ruling& r) { return r.decided; })) {
        break;
      }
    }
    tallies.decided += std::any_of(rulings.begin(), rulings.end(), [](const Ruling& r) { return r.decided; });
  }
  return tallies;
}

class NoEffect : public ::testing::TestWithParam<Kind> {};

TEST_P(NoEffect, IsTakenForOneInFivePercentAtMost) {
  const auto one_claim = simulate(GetParam(), 0, 1, five_looks);
  EXPECT_LE(one_claim.decided, experiments / 20);
  const auto three_claims = simulate(GetParam(), 0, 3, five_looks);
  EXPECT_LE(three_claims.decided, experiments / 20);
  RecordProperty("false_verdicts_of_one_claim", static_cast<int>(one_claim.decided));
  RecordProperty("false_verdicts_of_three_claims", static_cast<int>(three_claims.decided));
}

INSTANTIATE_TEST_SUITE_P(Decide, NoEffect, ::testing::Values(Kind::fine, Kind::coarse, Kind::rare));

TEST(Decide, TakesEqualProportionsForDifferentOnesInFivePercentAtMost) {
  SplitMix random(23);
  unsigned decided = 0;
  for (unsigned i = 0; i < experiments; ++i) {
    Tally head;
    Tally base;
    std::vector<std::vector<Evidence>> looks;
    for (unsigned look = 1; look <= five_looks.looks(); ++look) {
      for (; head.trials < five_looks.repeats_at(look); ++head.trials, ++base.trials) {
        head.hits += draw(Kind::rare, 0.3, random) > 0 ? 1 : 0;
        base.hits += draw(Kind::rare, 0.3, random) > 0 ? 1 : 0;
      }
      const auto tails = fisher(head, base);
      looks.push_back({{tails.less, tails.greater}});
    }
    decided += decide(looks, {0.05}, five_looks).front().decided ? 1 : 0;
  }
  EXPECT_LE(decided, experiments / 20);
}

TEST(Decide, IsTooLenientWithoutARule) {
  // The same experiments, looked at five times with the whole error each time: what the rule is there for.
  SplitMix random(17);
  unsigned decided = 0;
  for (unsigned i = 0; i < experiments; ++i) {
    std::vector<double> head;
    std::vector<double> base;
    bool any = false;
    for (unsigned look = 1; look <= five_looks.looks(); ++look) {
      while (head.size() < five_looks.repeats_at(look)) {
        head.push_back(draw(Kind::fine, 0, random));
        base.push_back(draw(Kind::fine, 0, random));
      }
      const auto tails = mann_whitney(head, base).tails;
      any = any || doubled(tails.less, tails.greater) < 0.05;
    }
    decided += any ? 1 : 0;
  }
  EXPECT_GT(decided, experiments / 10);
}

TEST(Decide, SeesALargeEffectAndStopsEarly) {
  const auto seen = simulate(Kind::fine, 3, 1, five_looks);
  EXPECT_GT(seen.decided, experiments * 99 / 100);
  EXPECT_LT(seen.trials / experiments, five_looks.cap / 2.0);
}

}  // namespace
}  // namespace assay::verdict
