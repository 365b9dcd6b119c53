// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/dry_run.hpp"

#include "base/text.hpp"
#include "cli/kernels.hpp"
#include "cli/probes.hpp"
#include "trial/plan.hpp"

#include <utility>

namespace assay::cli {
namespace {

/// A guest that would be booted.
struct DryGuest {
  const experiment::VariantUse& use;
  machine::MachineSpec machine;
  std::string kernel_id;
  probe::KernelProbes probes;
  std::string probe_lines;
};

/// Where probes lie can be told only of a kernel that is there.
Task<Status> find_probes(const Places& places, const experiment::Experiment& experiment,
                         const kernel::Variant& variant, DryGuest& guest) {
  auto options = builder_options(places, 0);
  auto copy = variant;
  auto built = co_await kernel::find_built(std::move(copy), std::move(options));
  if (!built) {
    co_return built.error();
  }
  if (!*built) {
    if (may_have_probes(experiment, guest.use.name, variant)) {
      guest.probe_lines = "# probes: where they lie is known when the kernel is built\n";
    }
    co_return Status();
  }
  auto placed = co_await probes_of(places, experiment, guest.use.name, variant, **built);
  if (!placed) {
    co_return placed.error();
  }
  guest.probes = std::move(*placed);
  guest.probe_lines = where_placed(guest.probes);
  co_return Status();
}

Task<Status> print_guest(machine::Hypervisor& hypervisor, const Places& places, const DryGuest& guest) {
  machine::BootSpec boot;
  boot.guest = fmt::format("{}-{}", guest.use.name, guest.machine.name);
  boot.kernel = places.cache / "kernels/builds" / guest.kernel_id / "image";
  const auto agent = agent_image(places, guest.machine.arch, {});
  if (!agent) {
    co_return agent.error();
  }
  boot.initramfs = agent->initramfs;
  boot.console_log = "console.log";
  boot.swap_disk = "swap";
  boot.channel_socket = "agent.sock";
  if (!guest.probes.probes.empty() && guest.machine.accel == machine::Accel::tcg) {
    boot.plugin = places.plugin;
    boot.probes = "probes";
  }
  const auto xml = machine::domain_xml(guest.machine, boot, guest.machine.accel);
  auto line = co_await hypervisor.command_line(xml);
  if (!line) {
    co_return line.error();
  }
  print(fmt::format("# variant {} on machine {}: kernel {} ({})\n{}{}\n{}\n\n", guest.use.name,
                    guest.machine.name, guest.use.kernel, guest.kernel_id.substr(0, 12), guest.probe_lines,
                    trimmed(xml), trimmed(*line)));
  co_return Status();
}

}  // namespace

Task<Result<ExitCode>> dry_run(Globals& globals, const Places& places,
                               const experiment::Experiment& experiment,
                               const std::map<std::string, kernel::Variant>& variants) {
  auto hypervisor = co_await connect(globals, places, {}, {});
  if (!hypervisor) {
    co_return hypervisor.error();
  }
  for (const auto& use : experiment.variants) {
    for (const auto& machine : experiment.machines) {
      if (!experiment.has_guest(use.name, machine.name)) {
        continue;
      }
      const auto& variant = variants.at(trial::kernel_key(use.name, machine.arch));
      auto id = co_await kernel::kernel_id(variant);
      if (!id) {
        co_return id.error();
      }
      DryGuest guest{use, machine, std::move(*id), {}, {}};
      const auto choice = co_await (*hypervisor)->choose_accel(machine.arch);
      if (machine.accel == machine::Accel::automatic) {
        guest.machine.accel = choice.accel;
      }
      if (auto found = co_await find_probes(places, experiment, variant, guest); !found) {
        co_return found.error();
      }
      if (auto printed = co_await print_guest(**hypervisor, places, guest); !printed) {
        co_return printed.error();
      }
    }
  }
  print(fmt::format("# {} trials in {} guests\n", trial::planned_trials(experiment),
                    trial::plan(experiment, {}).size()));
  auto closed = co_await (*hypervisor)->close();
  co_return closed ? Result<ExitCode>(ExitCode::all_hold) : Result<ExitCode>(closed.error());
}

}  // namespace assay::cli
