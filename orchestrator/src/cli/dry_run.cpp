// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/dry_run.hpp"

#include "base/text.hpp"
#include "cli/estimate.hpp"
#include "experiment/plan.hpp"
#include "guest/spec.hpp"
#include "run/kernels.hpp"
#include "run/planned_guests.hpp"
#include "run/probes.hpp"
#include "run/programs.hpp"
#include "trial/capacity.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace assay::cli {
namespace {

/// Domain XML and QEMU's command line.
Task<Result<std::string>> details_of(machine::Hypervisor& hypervisor, const Places& places,
                                     const run::PlannedGuest& planned) {
  const auto spec = co_await run::spec_of(hypervisor, places, planned);
  if (!spec) {
    co_return spec.error();
  }
  const auto xml = guest::xml_of(*spec);
  auto line = co_await hypervisor.command_line(xml);
  if (!line) {
    co_return line.error();
  }
  co_return fmt::format("{}\n{}\n\n", trimmed(xml), trimmed(*line));
}

/// Where probes lie can be told only of a kernel that is there.
std::string probe_lines(const run::PlannedGuest& guest) {
  if (guest.is_built) {
    return run::where_placed(guest.probes);
  }
  return guest.may_be_probed ? "# probes: where they lie is known when the kernel is built\n" : "";
}

void print_guest(const run::PlannedGuest& guest) {
  print(fmt::format("# variant {} on machine {}: kernel {} ({})\n{}", guest.variant, guest.machine.name,
                    guest.kernel_name, guest.is_known ? guest.kernel.id.substr(0, 12) : "to be fetched",
                    probe_lines(guest)));
}

/// A whole tree, on one core; what a variant changes of its base is far less.
constexpr auto usual_build = std::chrono::minutes(8);

/// "2 kernels (1 to build), 20 guests, about 4 min: 120 trials"
std::string summary_of(const std::vector<run::PlannedGuest>& guests, const Places& places,
                       const experiment::Experiment& experiment) {
  std::set<std::string> kernels;
  std::set<std::string> to_build;
  for (const auto& guest : guests) {
    kernels.insert(guest.kernel.id);
    if (!guest.is_built) {
      to_build.insert(guest.kernel.id);
    }
  }
  const auto cores = trial::host_capacity().guests;
  const auto time = time_for_guests(experiment, last_run_of(experiment.name, past_runs(places))) +
                    Nanoseconds(usual_build) / cores * static_cast<std::int64_t>(to_build.size());
  const auto booted = experiment::plan(experiment, {}).size();
  const auto trials = experiment::planned_trials(experiment);
  return fmt::format("{} kernel{} ({} to build), {} guest{}, {}: {} trial{}\n", kernels.size(),
                     plural(kernels.size()), to_build.size(), booted, plural(booted), about(time), trials,
                     plural(trials));
}

Task<Status> print_details(const run::Session& session, const std::vector<run::PlannedGuest>& guests) {
  auto hypervisor = co_await run::connect(session, run::Proof());
  if (!hypervisor) {
    co_return hypervisor.error();
  }
  for (const auto& guest : guests) {
    const auto details = co_await details_of(**hypervisor, session.places, guest);
    if (!details) {
      co_return details.error();
    }
    print_guest(guest);
    print(*details);
  }
  co_return co_await (*hypervisor)->close();
}

}  // namespace

Task<Result<ExitCode>> dry_run(run::Session& session, const run::Inputs& inputs, const run::RunKernels& known,
                               bool verbose) {
  auto missing = run::missing_kernels(inputs, known);
  auto options = run::builder_options(session.places, 0);
  const auto checked = co_await run::check_kernels(std::move(missing), std::move(options), session.progress,
                                                   session.interrupt);
  if (!checked) {
    co_return checked.error();
  }
  session.progress.clear();
  const auto guests = co_await run::planned_guests(session.places, inputs, known);
  if (!guests) {
    co_return guests.error();
  }
  print(summary_of(*guests, session.places, inputs.experiment));
  print(run::programs_text(inputs.experiment, inputs.programs));
  if (verbose) {
    auto printed = co_await print_details(session, *guests);
    co_return printed ? Result<ExitCode>(ExitCode::all_hold) : Result<ExitCode>(printed.error());
  }
  std::ranges::for_each(*guests, print_guest);
  co_return ExitCode::all_hold;
}

}  // namespace assay::cli
