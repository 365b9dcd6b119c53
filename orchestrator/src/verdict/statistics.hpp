// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

/// The statistics that rules are made of: pure functions of plain numbers, checked against SciPy.
namespace assay::verdict {

struct Interval {
  double low = 0;
  double high = 0;
};

/// A number with an interval that covers the true one with the declared confidence.
struct Estimate {
  double value = 0;
  Interval interval;
};

/// The two one-sided p-values of one comparison of head with base. A small `less` speaks for head being less.
struct Tails {
  double less = 1;
  double greater = 1;
};

/// Twice the smaller of two opposite one-sided p-values, at most 1: to be compared with 1 - confidence.
[[nodiscard]] inline double doubled(double one, double other) {
  return std::min(1.0, 2 * std::min(one, other));
}

/// p-values corrected for their number (Holm 1979): each may be compared with the level for all of them. The
/// order is kept.
[[nodiscard]] std::vector<double> holm(const std::vector<double>& p_values);

/// The z below which a standard normal number stays with `probability` (between 0 and 1).
[[nodiscard]] double normal_quantile(double probability);

/// Fewest trials per side for which an exact test of two sides can have a two-sided p-value of `alpha` at
/// all: all of one above all of the other.
[[nodiscard]] unsigned fewest_trials(double alpha);

}  // namespace assay::verdict
