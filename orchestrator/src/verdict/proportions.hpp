// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "verdict/statistics.hpp"

namespace assay::verdict {

/// In how many of some trials something happened. Never more hits than trials.
struct Tally {
  unsigned hits = 0;
  unsigned trials = 0;
  [[nodiscard]] double share() const { return trials == 0 ? 0 : static_cast<double>(hits) / trials; }
};

/// The exact interval of a proportion (Clopper and Pearson 1934); 0 to 1 without trials.
[[nodiscard]] Interval clopper_pearson(const Tally& tally, double confidence);

/// Fisher's exact test of equal proportions, one-sided both ways.
[[nodiscard]] Tails fisher(const Tally& head, const Tally& base);

/// The exact test of "head's proportion minus base's is `difference`", one-sided both ways: the largest
/// probability of what was seen, or of something further out, over all pairs of proportions with that
/// difference (Santner and Snell 1980). For differences other than none, which Fisher's test does not know.
[[nodiscard]] Tails test_difference(const Tally& head, const Tally& base, double difference);

/// Head's proportion minus base's: the differences that test_difference() does not reject.
[[nodiscard]] Estimate difference(const Tally& head, const Tally& base, double confidence);

/// Trials per side after which four of five experiments would decide at `alpha` (two-sided) on which side of
/// `threshold` the difference lies, if the proportions were those seen so far. Normal approximation; 0 when
/// no number would do, as the difference seen is the threshold.
[[nodiscard]] unsigned trials_needed(const Tally& head, const Tally& base, double threshold, double alpha);

}  // namespace assay::verdict
