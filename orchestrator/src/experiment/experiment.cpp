// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/experiment.hpp"

#include <algorithm>

namespace assay::experiment {
namespace {

bool allows(const std::vector<std::string>& only, std::string_view name) {
  return only.empty() || std::find(only.begin(), only.end(), name) != only.end();
}

}  // namespace

bool WorkloadRun::runs_with(std::string_view variant) const { return allows(variants, variant); }

bool WorkloadRun::runs_on(std::string_view machine) const { return allows(machines, machine); }

std::optional<WorkloadInfo> WorkloadRun::words(const Catalogue& catalogue) const {
  if (program) {
    return words_of(name, *program);
  }
  const auto* info = catalogue.workload(workload);
  return info != nullptr ? std::optional(*info) : std::nullopt;
}

std::size_t Experiment::trials_per_repeat() const {
  std::size_t count = 0;
  for (const auto& run : workloads) {
    count += (run.variants.empty() ? variants.size() : run.variants.size()) *
             (run.machines.empty() ? machines.size() : run.machines.size());
  }
  return count;
}

bool Experiment::has_guest(std::string_view variant, std::string_view machine) const {
  return std::any_of(workloads.begin(), workloads.end(),
                     [&](const auto& run) { return run.runs_with(variant) && run.runs_on(machine); });
}

}  // namespace assay::experiment
