// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "verdict/statistics.hpp"

namespace assay::verdict {

/// What the Mann-Whitney U test says of two sides.
struct RankTest {
  Tails tails;
  double above = 0.5;  ///< how often a value of head exceeds one of base, ties counted half
  bool exact = false;
};

/// Up to this many values of both sides together the test is exact, ties included.
inline constexpr std::size_t most_exact = 50;

/// Exact where there are few values: the share of all ways to deal the values out to the two sides that are
/// at least as far out, ties by their mean ranks (Streitberg and Roehmel 1986). Beyond, the normal
/// approximation with corrections for ties and continuity.
[[nodiscard]] RankTest mann_whitney(const std::vector<double>& head, const std::vector<double>& base);
/// The approximation, whatever the number of values.
[[nodiscard]] RankTest mann_whitney_normal(const std::vector<double>& head, const std::vector<double>& base);

/// The median of all differences of a value of head and one of base (Hodges and Lehmann 1963): how far head
/// lies from base. Both sides have values.
[[nodiscard]] double hodges_lehmann(std::vector<double> head, std::vector<double> base);
/// The same of sorted values.
[[nodiscard]] double median_of_differences(const std::vector<double>& head, const std::vector<double>& base);

/// Trials per side after which four of five experiments would decide at `alpha` (two-sided), if head exceeded
/// base as often as seen so far (Noether 1987). 0 when no number would do, as it does in half of the cases.
[[nodiscard]] unsigned trials_needed(const RankTest& seen, double alpha);

}  // namespace assay::verdict
