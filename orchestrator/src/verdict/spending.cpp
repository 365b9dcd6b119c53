// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/spending.hpp"

#include <cmath>
#include <numbers>

namespace assay::verdict {
namespace {

/// Of the error, when `part` of the trials have been run.
double spent(double part) { return std::log1p((std::numbers::e - 1) * part); }

}  // namespace

unsigned Schedule::looks() const { return step == 0 ? 1 : (cap + step - 1) / step; }

unsigned Schedule::repeats_at(unsigned number) const { return std::min(cap, number * step); }

double share_of_look(const Schedule& schedule, unsigned number) {
  if (schedule.looks() == 1) {
    return 1;
  }
  const auto part = [&](unsigned look) {
    return static_cast<double>(schedule.repeats_at(look)) / static_cast<double>(schedule.cap);
  };
  return spent(part(number)) - (number == 1 ? 0 : spent(part(number - 1)));
}

std::vector<Ruling> decide(const std::vector<std::vector<Evidence>>& looks, const std::vector<double>& alpha,
                           const Schedule& schedule) {
  const auto claims = static_cast<unsigned>(alpha.size());
  const auto planned = schedule.looks();
  std::vector<Ruling> rulings(alpha.size());
  for (std::size_t i = 0; i < alpha.size(); ++i) {
    rulings[i].look = 0;
    rulings[i].looks = planned;
    rulings[i].claims = claims;
    rulings[i].level = alpha[i] / claims * share_of_look(schedule, planned);
  }
  for (unsigned look = 1; look <= looks.size(); ++look) {
    const auto& evidence = looks[look - 1];
    std::vector<double> p_values;
    for (const auto& one : evidence) {
      p_values.push_back(doubled(one.holds, one.refutes));
    }
    const auto corrected = holm(p_values);
    const double share = share_of_look(schedule, look);
    for (std::size_t i = 0; i < rulings.size(); ++i) {
      if (rulings[i].decided) {
        continue;
      }
      auto& ruling = rulings[i];
      ruling.look = look;
      ruling.p = p_values[i];
      ruling.p_adjusted = std::min(1.0, corrected[i] / share);
      ruling.decided = ruling.p_adjusted < alpha[i];
      ruling.holds = evidence[i].holds < evidence[i].refutes;
    }
  }
  return rulings;
}

}  // namespace assay::verdict
