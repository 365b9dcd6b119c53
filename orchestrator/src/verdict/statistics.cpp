// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/statistics.hpp"

#include <boost/math/distributions/normal.hpp>

#include <numeric>

namespace assay::verdict {

std::vector<double> holm(const std::vector<double>& p_values) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(p_values.size());
  double so_far = 0;
  auto left = static_cast<double>(p_values.size());
  for (const auto index : order) {
    so_far = std::max(so_far, std::min(1.0, p_values[index] * left));
    adjusted[index] = so_far;
    left -= 1;
  }
  return adjusted;
}

double normal_quantile(double probability) { return quantile(boost::math::normal(), probability); }

unsigned fewest_trials(double alpha) {
  constexpr unsigned most = 500;
  double orders = 1;  // (2n over n): how many ways there are to deal the values out
  for (unsigned n = 1; n < most; ++n) {
    orders *= (4.0 * n - 2) / n;
    if (2 / orders <= alpha) {
      return n;
    }
  }
  return most;
}

}  // namespace assay::verdict
