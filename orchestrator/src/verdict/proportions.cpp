// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/proportions.hpp"

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/hypergeometric.hpp>

#include <cmath>

namespace assay::verdict {
namespace {

/// The probability of each number of hits, 0 to `trials`: from the mode outwards, so that nothing overflows.
std::vector<double> binomial(unsigned trials, double share) {
  std::vector<double> chances(trials + 1, 0.0);
  if (share <= 0 || share >= 1) {
    chances[share <= 0 ? 0 : trials] = 1;
    return chances;
  }
  const auto mode = std::min(trials, static_cast<unsigned>((trials + 1.0) * share));
  const double odds = share / (1 - share);
  chances[mode] = pdf(boost::math::binomial(trials, share), mode);
  for (unsigned hits = mode; hits > 0; --hits) {
    chances[hits - 1] = chances[hits] * hits / (trials - hits + 1.0) / odds;
  }
  for (unsigned hits = mode; hits < trials; ++hits) {
    chances[hits + 1] = chances[hits] * (trials - hits) / (hits + 1.0) * odds;
  }
  return chances;
}

/// The probability that head's proportion exceeds base's by no more than was seen, when it is
/// `base_share + difference` and `base_share`.
double chance_of_less(const Tally& head, const Tally& base, double difference, double base_share) {
  const auto base_chances = binomial(base.trials, base_share);
  auto head_below = binomial(head.trials, std::clamp(base_share + difference, 0.0, 1.0));
  for (std::size_t hits = 1; hits < head_below.size(); ++hits) {
    head_below[hits] += head_below[hits - 1];
  }
  // In whole numbers: differences of equal size are equal.
  const auto seen = std::int64_t{head.hits} * base.trials - std::int64_t{base.hits} * head.trials;
  double chance = 0;
  for (std::size_t hits = 0; hits < base_chances.size(); ++hits) {
    const auto room = seen + static_cast<std::int64_t>(hits) * head.trials;
    if (room >= 0) {
      const auto most = std::min<std::int64_t>(head.trials, room / base.trials);
      chance += base_chances[hits] * head_below[static_cast<std::size_t>(most)];
    }
  }
  return chance;
}

/// The largest value of `chance` between `low` and `high`: a grid, then closer around its best point.
template <class Chance>
double largest(Chance chance, double low, double high) {
  constexpr int points = 200;
  constexpr int rounds = 12;
  double step = (high - low) / points;
  double best_at = low;
  double best = chance(low);
  const auto look_at = [&](double at) {
    const double value = chance(std::clamp(at, low, high));
    if (value > best) {
      best = value;
      best_at = std::clamp(at, low, high);
    }
  };
  for (int i = 1; i <= points; ++i) {
    look_at(low + step * i);
  }
  for (int round = 0; round < rounds && step > 0; ++round, step /= 3) {
    const double centre = best_at;
    for (const int part : {-2, -1, 1, 2}) {
      look_at(centre + step * part / 3);
    }
  }
  return std::min(1.0, best);
}

double tail_less(const Tally& head, const Tally& base, double difference) {
  const double low = std::max(0.0, -difference);
  const double high = std::min(1.0, 1 - difference);
  return largest([&](double share) { return chance_of_less(head, base, difference, share); }, low, high);
}

/// Counting what did not happen turns "greater" into "less".
Tally turned(const Tally& tally) { return {tally.trials - tally.hits, tally.trials}; }

double tail_greater(const Tally& head, const Tally& base, double difference) {
  return tail_less(turned(head), turned(base), -difference);
}

/// Where `rejects` turns from true to false between `outside` and `inside`.
template <class Rejects>
double edge(Rejects rejects, double outside, double inside) {
  constexpr double fine = 1e-6;
  while (std::abs(inside - outside) > fine) {
    const double middle = outside + (inside - outside) / 2;
    (rejects(middle) ? outside : inside) = middle;
  }
  return inside;
}

}  // namespace

Interval clopper_pearson(const Tally& tally, double confidence) {
  using boost::math::binomial;
  const double outside = (1 - confidence) / 2;
  if (tally.trials == 0) {
    return {0, 1};
  }
  return {binomial::find_lower_bound_on_p(tally.trials, tally.hits, outside),
          binomial::find_upper_bound_on_p(tally.trials, tally.hits, outside)};
}

Tails fisher(const Tally& head, const Tally& base) {
  const unsigned hits = head.hits + base.hits;
  const unsigned trials = head.trials + base.trials;
  if (hits == 0 || hits == trials || head.trials == 0 || base.trials == 0) {
    return {};
  }
  const boost::math::hypergeometric hits_of_head(hits, head.trials, trials);
  const auto fewest = static_cast<unsigned>(boost::math::range(hits_of_head).first);
  return {std::min(1.0, cdf(hits_of_head, head.hits)),
          head.hits == fewest ? 1.0 : std::min(1.0, cdf(complement(hits_of_head, head.hits - 1)))};
}

Tails test_difference(const Tally& head, const Tally& base, double difference) {
  if (head.trials == 0 || base.trials == 0) {
    return {};
  }
  return {tail_less(head, base, difference), tail_greater(head, base, difference)};
}

Estimate difference(const Tally& head, const Tally& base, double confidence) {
  const double outside = (1 - confidence) / 2;
  const double seen = head.share() - base.share();
  if (head.trials == 0 || base.trials == 0) {
    return {seen, {-1, 1}};
  }
  const double low =
      edge([&](double at) { return tail_greater(head, base, at) < outside; }, -1.0, std::min(seen, 1.0));
  const double high =
      edge([&](double at) { return tail_less(head, base, at) < outside; }, 1.0, std::max(seen, -1.0));
  return {seen, {low, high}};
}

unsigned trials_needed(const Tally& head, const Tally& base, double threshold, double alpha) {
  constexpr double power = 0.8;
  const double gap = std::abs(head.share() - base.share() - threshold);
  if (gap < 1e-9) {
    return 0;
  }
  // Half a hit and half a miss more: a proportion seen as 0 or 1 has a spread, too.
  const auto spread = [](const Tally& tally) {
    const double share = (tally.hits + 0.5) / (tally.trials + 1.0);
    return share * (1 - share);
  };
  const double z = normal_quantile(1 - alpha / 2) + normal_quantile(power);
  const double needed = z * z * (spread(head) + spread(base)) / (gap * gap);
  return std::max(fewest_trials(alpha), static_cast<unsigned>(std::ceil(std::min(needed, 1e6))));
}

}  // namespace assay::verdict
