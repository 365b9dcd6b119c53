// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/plan.hpp"

#include "base/hash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace assay::trial {
namespace {

using experiment::Experiment;
using experiment::GuestUse;

/// The jobs of one variant on one machine in one repeat, less what is done.
void add_jobs(std::vector<GuestJob>& jobs, const Experiment& experiment, GuestJob job,
              const std::set<TrialKey>& done) {
  for (const auto& run : experiment.workloads) {
    const bool is_in_matrix = run.runs_with(job.variant) && run.runs_on(job.machine);
    if (!is_in_matrix || done.contains(job.key(run.name))) {
      continue;
    }
    job.workloads.push_back(run.name);
    if (experiment.guests == GuestUse::fresh) {
      jobs.push_back(job);
      job.workloads.clear();
    }
  }
  if (!job.workloads.empty()) {
    jobs.push_back(std::move(job));
  }
}

}  // namespace

std::vector<GuestJob> plan(const Experiment& experiment, const std::set<TrialKey>& done) {
  std::vector<GuestJob> jobs;
  auto variants = experiment.variants;
  for (unsigned repeat = 0; repeat < experiment.trials; ++repeat) {
    for (const auto& machine : experiment.machines) {
      for (const auto& variant : variants) {
        if (repeat == experiment.only_repeat.value_or(repeat)) {
          add_jobs(jobs, experiment, GuestJob{variant.name, machine.name, repeat, {}, 1}, done);
        }
      }
    }
    std::reverse(variants.begin(), variants.end());
  }
  return jobs;
}

std::size_t planned_trials(const Experiment& experiment) {
  return (experiment.only_repeat ? 1 : experiment.trials) * experiment.trials_per_repeat();
}

std::uint64_t seed_of(std::uint64_t experiment_seed, const TrialKey& key) {
  const auto digest =
      sha256(fmt::format("{}\n{}\n{}\n{}", experiment_seed, key.machine, key.workload, key.repeat));
  return std::strtoull(digest.substr(0, 16).c_str(), nullptr, 16);
}

}  // namespace assay::trial
