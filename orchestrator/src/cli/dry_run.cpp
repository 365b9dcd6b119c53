// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/dry_run.hpp"

#include "base/text.hpp"
#include "cli/estimate.hpp"
#include "experiment/plan.hpp"
#include "run/kernels.hpp"
#include "run/probes.hpp"
#include "trial/capacity.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace assay::cli {
namespace {

/// A guest that would be booted.
struct DryGuest {
  const experiment::VariantUse& use;
  machine::MachineSpec machine;
  std::string kernel_id;  ///< or what stands for it while it is not known
  probe::KernelProbes probes;
  std::string probe_lines;
  bool is_known = false;
  bool is_built = false;
};

/// Where probes lie can be told only of a kernel that is there.
Task<Status> find_probes(const Places& places, const experiment::Experiment& experiment,
                         const kernel::Variant& variant, const run::RunKernels& known, DryGuest& guest) {
  const auto built = known.kernels.find(trial::kernel_key(guest.use.name, variant.arch));
  if (built == known.kernels.end()) {
    if (run::may_have_probes(experiment, guest.use.name, variant)) {
      guest.probe_lines = "# probes: where they lie is known when the kernel is built\n";
    }
    co_return Status();
  }
  guest.is_built = true;
  auto placed = co_await run::probes_of(places, experiment, guest.use.name, variant, built->second);
  if (!placed) {
    co_return placed.error();
  }
  guest.probes = std::move(*placed);
  guest.probe_lines = run::where_placed(guest.probes);
  co_return Status();
}

/// Domain XML and QEMU's command line.
Task<Result<std::string>> details_of(machine::Hypervisor& hypervisor, const Places& places,
                                     const DryGuest& guest) {
  machine::BootSpec boot;
  boot.guest = fmt::format("{}-{}", guest.use.name, guest.machine.name);
  boot.kernel = places.cache / "kernels/builds" / guest.kernel_id / "image";
  const auto agent = image::agent_image(places.agent_files(guest.machine.arch), {});
  if (!agent) {
    co_return agent.error();
  }
  boot.initramfs = agent->initramfs;
  boot.console_log = "console.log";
  boot.swap_disk = "swap";
  boot.channel_socket = "agent.sock";
  auto machine = guest.machine;
  if (machine.accel == machine::Accel::automatic) {
    const auto choice = co_await hypervisor.choose_accel(machine.arch);
    machine.accel = choice.accel;
  }
  if (!guest.probes.probes.empty() && machine.accel == machine::Accel::tcg) {
    boot.plugin = places.plugin;
    boot.probes = "probes";
  }
  const auto xml = machine::domain_xml(machine, boot, machine.accel);
  auto line = co_await hypervisor.command_line(xml);
  if (!line) {
    co_return line.error();
  }
  co_return fmt::format("{}\n{}\n\n", trimmed(xml), trimmed(*line));
}

void print_guest(const DryGuest& guest) {
  print(fmt::format("# variant {} on machine {}: kernel {} ({})\n{}", guest.use.name, guest.machine.name,
                    guest.use.kernel, guest.is_known ? guest.kernel_id.substr(0, 12) : "to be fetched",
                    guest.probe_lines));
}

/// What would be booted, each variant on each machine.
Task<Result<std::vector<DryGuest>>> guests_of(const Places& places, const run::Inputs& inputs,
                                              const run::RunKernels& known) {
  const auto& experiment = inputs.experiment;
  std::vector<DryGuest> guests;
  for (const auto& use : experiment.variants) {
    for (const auto& machine : experiment.machines) {
      if (!experiment.has_guest(use.name, machine.name)) {
        continue;
      }
      const auto key = trial::kernel_key(use.name, machine.arch);
      DryGuest guest{use, machine, known.likeness.at(key), {}, {}, known.ids.contains(key), false};
      if (auto found = co_await find_probes(places, experiment, inputs.variants.at(key), known, guest);
          !found) {
        co_return found.error();
      }
      guests.push_back(std::move(guest));
    }
  }
  co_return guests;
}

/// A whole tree, on one core; what a variant changes of its base is far less.
constexpr auto usual_build = std::chrono::minutes(8);

/// "2 kernels (1 to build), 20 guests, about 4 min: 120 trials"
std::string summary_of(const std::vector<DryGuest>& guests, const Places& places,
                       const experiment::Experiment& experiment) {
  std::set<std::string> kernels;
  std::set<std::string> to_build;
  for (const auto& guest : guests) {
    kernels.insert(guest.kernel_id);
    if (!guest.is_built) {
      to_build.insert(guest.kernel_id);
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

Task<Status> print_details(const run::Session& session, const std::vector<DryGuest>& guests) {
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
  const auto guests = co_await guests_of(session.places, inputs, known);
  if (!guests) {
    co_return guests.error();
  }
  print(summary_of(*guests, session.places, inputs.experiment));
  if (verbose) {
    auto printed = co_await print_details(session, *guests);
    co_return printed ? Result<ExitCode>(ExitCode::all_hold) : Result<ExitCode>(printed.error());
  }
  std::ranges::for_each(*guests, print_guest);
  co_return ExitCode::all_hold;
}

}  // namespace assay::cli
