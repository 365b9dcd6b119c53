// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "verdict/statistics.hpp"

#include <optional>
#include <string>
#include <vector>

namespace assay::verdict {

/// The smallest, the middle and the largest of some values.
struct Summary {
  double min = 0;
  double median = 0;  ///< the mean of the two middle ones when there are two
  double max = 0;
};

/// Nothing when there are no values.
[[nodiscard]] std::optional<Summary> summary_of(std::vector<double> values);

/// Four significant digits, whole numbers whole: "0.9987", "12345", "3.1e-05".
[[nodiscard]] std::string number_text(double value);
/// "0.9987..1.002", or one number when both ends read the same; "" for none.
[[nodiscard]] std::string range_text(const std::vector<double>& values);

/// "12.3 (11 to 14)": an estimate with its interval.
[[nodiscard]] std::string text_of(const Estimate& estimate);
/// "0.00012", two significant digits; "< 1e-06" for less.
[[nodiscard]] std::string p_text(double p);

}  // namespace assay::verdict
