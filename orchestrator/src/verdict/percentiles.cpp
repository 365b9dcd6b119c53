// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/percentiles.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace assay::verdict {
namespace {

/// The names of percentiles, by the workload that they are wanted of.
std::map<std::string, std::set<std::string>> wanted_by(const experiment::Experiment& experiment) {
  std::map<std::string, std::set<std::string>> wanted;
  for (const auto& claim : experiment.claims) {
    auto figures = figures_of(claim.rule);
    for (const auto& condition : claim.preconditions) {
      figures.push_back(condition.figure);
    }
    for (const auto& figure : figures) {
      for (const auto& name : {figure.numerator, figure.denominator}) {
        if (experiment::percentile_in(name)) {
          wanted[claim.workload].insert(name);
        }
      }
    }
  }
  return wanted;
}

std::int64_t nearest_rank(std::vector<std::int64_t> values, double share) {
  const auto rank = std::max(1.0, std::ceil(share * static_cast<double>(values.size())));
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(rank) - 1;
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

}  // namespace

Status add_percentiles(const experiment::Experiment& experiment, Trials& trials, const ReadSamples& read) {
  const auto wanted = wanted_by(experiment);
  for (auto& record : trials) {
    const auto names = wanted.find(record.key.workload);
    if (names == wanted.end()) {
      continue;
    }
    for (const auto& name : names->second) {
      const auto percentile = *experiment::percentile_in(name);
      auto values = read(record.key, percentile.metric);
      if (!values) {
        return values.error();
      }
      if (!values->empty()) {
        record.counters.push_back({name, nearest_rank(std::move(*values), percentile.share)});
      }
    }
  }
  return {};
}

}  // namespace assay::verdict
