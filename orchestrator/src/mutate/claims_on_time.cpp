// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/claims_on_time.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

namespace assay::mutate {
namespace {

using experiment::Catalogue;
using experiment::Claim;
using experiment::CounterInfo;
using experiment::Experiment;
using experiment::Figure;

bool is_time(const CounterInfo& info) {
  return std::ranges::any_of(std::array{"ns", "us", "ms", "s"},
                             [&](std::string_view unit) { return info.unit == unit; });
}

void add_times(const std::vector<CounterInfo>& infos, const std::string& prefix,
               std::set<std::string>& times) {
  for (const auto& info : infos) {
    if (is_time(info)) {
      times.insert(prefix + info.name);
    }
  }
}

/// Counters of a workload that are times.
std::set<std::string> times_of(const Experiment& experiment, const Catalogue& catalogue,
                               const std::string& workload) {
  std::set<std::string> times;
  for (const auto& sampler : catalogue.samplers()) {
    add_times(sampler.metrics, sampler.name + ".", times);
  }
  const auto run = std::ranges::find(experiment.workloads, workload, &experiment::WorkloadRun::name);
  const auto info = run == experiment.workloads.end() ? std::nullopt : run->words(catalogue);
  if (info) {
    add_times(info->counters, "", times);
  }
  return times;
}

bool is_among(const Figure& figure, const std::set<std::string>& times) {
  return std::ranges::any_of(std::array{figure.numerator, figure.denominator}, [&](const auto& name) {
    const auto percentile = experiment::percentile_in(name);
    return times.contains(percentile ? percentile->metric : name);
  });
}

}  // namespace

std::set<std::string> claims_on_time(const Experiment& experiment, const Catalogue& catalogue) {
  std::set<std::string> ids;
  for (const auto& claim : experiment.claims) {
    auto figures = figures_of(claim.rule);
    for (const auto& condition : claim.preconditions) {
      figures.push_back(condition.figure);
    }
    const auto times = times_of(experiment, catalogue, claim.workload);
    if (std::ranges::any_of(figures, [&](const auto& figure) { return is_among(figure, times); })) {
      ids.insert(claim.id);
    }
  }
  return ids;
}

}  // namespace assay::mutate
