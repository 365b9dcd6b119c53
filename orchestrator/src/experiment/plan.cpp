// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/plan.hpp"

#include <algorithm>
#include <utility>

namespace assay::experiment {
namespace {

using trial::GuestJob;
using trial::TrialKey;

/// A program without arguments that runs before or behind that one, as root; none where there is no path.
std::optional<link::RunProgram> beside(const link::RunProgram& run, const std::string& path) {
  if (path.empty()) {
    return std::nullopt;
  }
  link::RunProgram other;
  other.arguments = {path};
  other.environment = run.environment;
  other.directory = run.directory;
  return other;
}

trial::OrderedProgram ordered(const ProgramUse& use, const std::string& workload) {
  trial::OrderedProgram program;
  program.run.arguments = use.arguments;
  program.run.arguments.insert(program.run.arguments.begin(), use.guest);
  program.run.environment = environment_of(use);
  program.run.directory = folder_of_program(workload);
  program.run.user = use.user;
  program.setup = beside(program.run, use.guest_setup);
  program.settle = beside(program.run, use.guest_settle);
  program.memory = use.memory;
  program.marks = use.marks;
  for (const auto& figure : use.figures) {
    program.figures.emplace(figure.name, figure.unit);
  }
  program.tests = use.tests;
  return program;
}

/// The same for whatever guest runs it, but for the seed.
trial::Order order_of(const Experiment& experiment, const WorkloadRun& run, const GuestJob& job) {
  trial::Order order{run.name, run.workload,        run.parameters,
                     0,        experiment.sampling, run.timeout.value_or(experiment.timeout)};
  if (run.program) {
    order.program = ordered(*run.program, run.name);
  }
  order.seed = trial::seed_of(experiment.seed, job.key(order));
  return order;
}

/// The jobs of one variant on one machine in one repeat, less what is done.
void add_jobs(std::vector<GuestJob>& jobs, const Experiment& experiment, GuestJob job,
              const std::set<TrialKey>& done) {
  for (const auto& run : experiment.workloads) {
    const bool is_in_matrix = run.runs_with(job.variant) && run.runs_on(job.machine);
    auto order = order_of(experiment, run, job);
    if (!is_in_matrix || done.contains(job.key(order))) {
      continue;
    }
    job.orders.push_back(std::move(order));
    if (experiment.guests == GuestUse::fresh) {
      jobs.push_back(job);
      job.orders.clear();
    }
  }
  if (!job.orders.empty()) {
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

std::map<std::string, machine::MachineSpec> machines_of(const Experiment& experiment) {
  std::map<std::string, machine::MachineSpec> machines;
  for (const auto& machine : experiment.machines) {
    machines.emplace(machine.name, machine);
  }
  return machines;
}

}  // namespace assay::experiment
