// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace assay::verdict {

std::optional<Summary> summary_of(std::vector<double> values) {
  if (values.empty()) {
    return std::nullopt;
  }
  std::sort(values.begin(), values.end());
  const auto middle = values.size() / 2;
  const double median = values.size() % 2 == 1
                            ? values[middle]
                            : values[middle - 1] + (values[middle] - values[middle - 1]) / 2;
  return Summary{values.front(), median, values.back()};
}

std::string number_text(double value) {
  constexpr double exact = 1e15;
  if (std::abs(value) < exact && value == std::trunc(value)) {
    return fmt::format("{:.0f}", value == 0 ? 0.0 : value);  // never "-0"
  }
  // Four digits of a number with five or more before the point would print as 1.235e+04.
  return std::abs(value) >= 1e4 && std::abs(value) < exact ? fmt::format("{:.0f}", value)
                                                           : fmt::format("{:.4g}", value);
}

std::string range_text(const std::vector<double>& values) {
  const auto summary = summary_of(values);
  if (!summary) {
    return "";
  }
  const auto low = number_text(summary->min);
  const auto high = number_text(summary->max);
  return low == high ? low : low + ".." + high;
}

std::string text_of(const Estimate& estimate) {
  return fmt::format("{} ({} to {})", number_text(estimate.value), number_text(estimate.interval.low),
                     number_text(estimate.interval.high));
}

std::string p_text(double p) {
  constexpr double smallest = 1e-6;
  return p < smallest ? "< 1e-06" : fmt::format("{:.2g}", p);
}

}  // namespace assay::verdict
