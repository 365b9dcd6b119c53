// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/ranks.hpp"

#include <boost/math/distributions/normal.hpp>

#include <cmath>
#include <utility>

namespace assay::verdict {
namespace {

/// Twice the mean rank of each value, head's first, and what ties take from the variance.
struct Ranks {
  std::vector<std::size_t> doubled;  ///< sorted by value
  std::size_t head_sum = 0;
  double ties = 0;  ///< sum of t^3 - t
};

Ranks rank(const std::vector<double>& head, const std::vector<double>& base) {
  std::vector<std::pair<double, bool>> all;
  for (const auto value : head) {
    all.emplace_back(value, true);
  }
  for (const auto value : base) {
    all.emplace_back(value, false);
  }
  std::sort(all.begin(), all.end());
  Ranks ranks;
  for (std::size_t begin = 0; begin < all.size();) {
    auto end = begin;
    while (end < all.size() && all[end].first == all[begin].first) {
      ++end;
    }
    const auto doubled = begin + end + 1;  // ranks begin + 1 to end
    const auto count = static_cast<double>(end - begin);
    ranks.ties += count * (count * count - 1);
    for (; begin < end; ++begin) {
      ranks.doubled.push_back(doubled);
      ranks.head_sum += all[begin].second ? doubled : 0;
    }
  }
  return ranks;
}

/// How often a value of head exceeds one of base, from 0 to the number of pairs; ties count half.
double wins(const Ranks& ranks, std::size_t head) {
  return (static_cast<double>(ranks.head_sum) - static_cast<double>(head * (head + 1))) / 2;
}

/// How many subsets of `size` ranks have each sum.
std::vector<double> subsets_by_sum(const std::vector<std::size_t>& ranks, std::size_t size) {
  std::size_t most = 0;
  for (std::size_t i = ranks.size() - size; i < ranks.size(); ++i) {
    most += ranks[i];
  }
  std::vector<std::vector<double>> ways(size + 1, std::vector<double>(most + 1, 0.0));
  ways[0][0] = 1;
  std::size_t reached = 0;
  std::size_t taken = 0;
  for (const auto rank : ranks) {
    reached = std::min(most, reached + rank);
    taken = std::min(size, taken + 1);
    for (std::size_t count = taken; count > 0; --count) {
      for (std::size_t sum = rank; sum <= reached; ++sum) {
        ways[count][sum] += ways[count - 1][sum - rank];
      }
    }
  }
  return ways[size];
}

Tails exact_tails(const Ranks& ranks, std::size_t head) {
  // Without ties all are even: half as large, half the work.
  const bool even =
      std::all_of(ranks.doubled.begin(), ranks.doubled.end(), [](auto r) { return r % 2 == 0; });
  auto shares = ranks.doubled;
  for (auto& share : shares) {
    share /= even ? 2 : 1;
  }
  const auto seen = ranks.head_sum / (even ? 2 : 1);
  const auto ways = subsets_by_sum(shares, head);
  double all = 0;
  double less = 0;
  double greater = 0;
  for (std::size_t sum = 0; sum < ways.size(); ++sum) {
    all += ways[sum];
    less += sum <= seen ? ways[sum] : 0;
    greater += sum >= seen ? ways[sum] : 0;
  }
  return {less / all, greater / all};
}

Tails normal_tails(const Ranks& ranks, std::size_t head, std::size_t base) {
  const auto pairs = static_cast<double>(head * base);
  const auto all = static_cast<double>(head + base);
  const double variance = pairs / 12 * ((all + 1) - ranks.ties / (all * (all - 1)));
  if (!(variance > 0)) {
    return {};
  }
  const double off = wins(ranks, head) - pairs / 2;
  const boost::math::normal standard;
  return {cdf(standard, (off + 0.5) / std::sqrt(variance)),
          cdf(complement(standard, (off - 0.5) / std::sqrt(variance)))};
}

RankTest test(const std::vector<double>& head, const std::vector<double>& base, bool exact) {
  if (head.empty() || base.empty()) {
    return {};
  }
  const auto ranks = rank(head, base);
  RankTest result;
  result.above = wins(ranks, head.size()) / static_cast<double>(head.size() * base.size());
  result.exact = exact;
  result.tails = exact ? exact_tails(ranks, head.size()) : normal_tails(ranks, head.size(), base.size());
  return result;
}

/// Pairs whose difference is at most `limit`; both sides sorted.
std::size_t pairs_up_to(const std::vector<double>& head, const std::vector<double>& base, double limit) {
  std::size_t count = 0;
  std::size_t first = 0;
  for (const auto value : head) {
    while (first < base.size() && value - base[first] > limit) {
      ++first;
    }
    count += base.size() - first;
  }
  return count;
}

/// The largest difference that is at most `limit`.
double largest_up_to(const std::vector<double>& head, const std::vector<double>& base, double limit) {
  double largest = head.front() - base.back();
  std::size_t first = 0;
  for (const auto value : head) {
    while (first < base.size() && value - base[first] > limit) {
      ++first;
    }
    if (first < base.size()) {
      largest = std::max(largest, value - base[first]);
    }
  }
  return largest;
}

/// The `number`th smallest difference (from 1), by halving the range: no list of all pairs is made.
double difference_at(const std::vector<double>& head, const std::vector<double>& base, std::size_t number) {
  constexpr int most_rounds = 100;
  double low = head.front() - base.back();
  double high = head.back() - base.front();
  if (pairs_up_to(head, base, low) >= number) {
    return low;
  }
  for (int round = 0; round < most_rounds; ++round) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) {
      break;
    }
    (pairs_up_to(head, base, middle) >= number ? high : low) = middle;
  }
  return largest_up_to(head, base, high);
}

}  // namespace

RankTest mann_whitney(const std::vector<double>& head, const std::vector<double>& base) {
  return test(head, base, head.size() + base.size() <= most_exact);
}

RankTest mann_whitney_normal(const std::vector<double>& head, const std::vector<double>& base) {
  return test(head, base, false);
}

double median_of_differences(const std::vector<double>& head, const std::vector<double>& base) {
  const auto pairs = head.size() * base.size();
  const double upper = difference_at(head, base, pairs / 2 + 1);
  if (pairs % 2 == 1) {
    return upper;
  }
  const double lower = difference_at(head, base, pairs / 2);
  return lower + (upper - lower) / 2;
}

double hodges_lehmann(std::vector<double> head, std::vector<double> base) {
  std::sort(head.begin(), head.end());
  std::sort(base.begin(), base.end());
  return median_of_differences(head, base);
}

unsigned trials_needed(const RankTest& seen, double alpha) {
  constexpr double power = 0.8;
  const double lean = std::abs(seen.above - 0.5);
  if (lean < 1e-9) {
    return 0;
  }
  if (lean > 0.5 - 1e-9) {
    return fewest_trials(alpha);  // The sides do not overlap: the approximation asks for too much.
  }
  const double z = normal_quantile(1 - alpha / 2) + normal_quantile(power);
  const double needed = z * z / (6 * lean * lean);
  return std::max(fewest_trials(alpha), static_cast<unsigned>(std::ceil(std::min(needed, 1e6))));
}

}  // namespace assay::verdict
