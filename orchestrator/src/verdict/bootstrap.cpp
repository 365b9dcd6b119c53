// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/bootstrap.hpp"

#include "verdict/ranks.hpp"

#include <cmath>

namespace assay::verdict {
namespace {

std::vector<double> sorted(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values;
}

/// As many values of a sorted list, drawn with replacement, sorted again: by counting, not comparing.
std::vector<double> drawn(const std::vector<double>& values, SplitMix& random) {
  std::vector<unsigned> times(values.size(), 0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    ++times[random.below(values.size())];
  }
  std::vector<double> sample;
  sample.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    sample.insert(sample.end(), times[i], values[i]);
  }
  return sample;
}

double median_of_sorted(const std::vector<double>& values) {
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle]
                                : values[middle - 1] + (values[middle] - values[middle - 1]) / 2;
}

Interval middle_of(const std::vector<double>& statistics, double confidence) {
  return {percentile(statistics, (1 - confidence) / 2), percentile(statistics, (1 + confidence) / 2)};
}

}  // namespace

std::uint64_t SplitMix::next() {
  state_ += 0x9e3779b97f4a7c15U;
  auto mixed = state_;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
  return mixed ^ (mixed >> 31U);
}

Estimate bootstrap_shift(const std::vector<double>& head, const std::vector<double>& base, double confidence,
                         std::uint64_t seed) {
  const auto heads = sorted(head);
  const auto bases = sorted(base);
  SplitMix random(seed);
  std::vector<double> shifts;
  shifts.reserve(resamples);
  for (unsigned i = 0; i < resamples; ++i) {
    const auto head_sample = drawn(heads, random);
    shifts.push_back(median_of_differences(head_sample, drawn(bases, random)));
  }
  return {median_of_differences(heads, bases), middle_of(shifts, confidence)};
}

Estimate bootstrap_median(const std::vector<double>& values, double confidence, std::uint64_t seed) {
  const auto ordered = sorted(values);
  SplitMix random(seed);
  std::vector<double> medians;
  medians.reserve(resamples);
  for (unsigned i = 0; i < resamples; ++i) {
    medians.push_back(median_of_sorted(drawn(ordered, random)));
  }
  return {median_of_sorted(ordered), middle_of(medians, confidence)};
}

double percentile(std::vector<double> values, double share) {
  const double place = share * static_cast<double>(values.size() - 1);
  const auto index = static_cast<std::size_t>(std::floor(place));
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(index);
  std::nth_element(values.begin(), nth, values.end());
  const double below = *nth;
  if (index + 1 >= values.size()) {
    return below;
  }
  const double above = *std::min_element(nth + 1, values.end());
  return below + (above - below) * (place - static_cast<double>(index));
}

}  // namespace assay::verdict
