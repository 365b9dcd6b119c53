// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "verdict/statistics.hpp"

namespace assay::verdict {

/// Random numbers that are the same everywhere: SplitMix64 (Steele, Lea and Flood 2014).
class SplitMix {
 public:
  explicit SplitMix(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  /// From 0 to `limit` - 1; `limit` is at least 1 and fits into 32 bits.
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(((next() >> 32U) * limit) >> 32U); }

 private:
  std::uint64_t state_;
};

inline constexpr unsigned resamples = 2000;
inline constexpr std::uint64_t bootstrap_seed = 0x6173736179;  // "assay": equal trials, equal intervals

/// Percentile bootstrap: the statistic of `resamples` samples drawn with replacement, head before base.
/// The estimate is the Hodges-Lehmann shift of head from base. Both sides have values.
[[nodiscard]] Estimate bootstrap_shift(const std::vector<double>& head, const std::vector<double>& base,
                                       double confidence, std::uint64_t seed = bootstrap_seed);
/// The same for the median of one side.
[[nodiscard]] Estimate bootstrap_median(const std::vector<double>& values, double confidence,
                                        std::uint64_t seed = bootstrap_seed);

/// The value below which `share` of them lie, interpolated between neighbours; there are values.
[[nodiscard]] double percentile(std::vector<double> values, double share);

}  // namespace assay::verdict
