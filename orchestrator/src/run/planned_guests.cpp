// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/planned_guests.hpp"

#include "image/agent_image.hpp"
#include "kernel/cache.hpp"
#include "run/kernels.hpp"
#include "run/probes.hpp"
#include "trial/run_context.hpp"

#include <utility>

namespace assay::run {
namespace {

/// Of a kernel that is still to be built.
kernel::Kernel kernel_to_come(const Places& places, const std::string& id) {
  const kernel::CacheLayout layout(builder_options(places, 0).cache);
  kernel::Kernel kernel;
  kernel.id = id;
  kernel.image = layout.build(id) / "image";
  return kernel;
}

Task<Result<PlannedGuest>> planned_guest(const Places& places, const Inputs& inputs, const RunKernels& known,
                                         const experiment::VariantUse& use, machine::MachineSpec machine) {
  const auto key = trial::kernel_key(use.name, machine.arch);
  const auto& variant = inputs.variants.at(key);
  const auto built = known.kernels.find(key);
  PlannedGuest planned{use.name, use.kernel, std::move(machine), {}};
  planned.programs = programs_for(inputs.experiment, inputs.programs, use.name, planned.machine.arch);
  planned.is_known = known.ids.contains(key);
  planned.is_built = built != known.kernels.end();
  planned.may_be_probed = may_have_probes(inputs.experiment, use.name, variant);
  planned.kernel = planned.is_built ? built->second : kernel_to_come(places, known.likeness.at(key));
  if (planned.is_built) {
    auto placed = co_await probes_of(places, inputs.experiment, use.name, variant, planned.kernel);
    if (!placed) {
      co_return placed.error();
    }
    planned.probes = std::move(*placed);
  }
  co_return planned;
}

}  // namespace

Task<Result<std::vector<PlannedGuest>>> planned_guests(const Places& places, const Inputs& inputs,
                                                       const RunKernels& known) {
  const auto& experiment = inputs.experiment;
  std::vector<PlannedGuest> guests;
  for (const auto& use : experiment.variants) {
    for (auto machine : experiment.machines) {
      if (!experiment.has_guest(use.name, machine.name)) {
        continue;
      }
      auto planned = co_await planned_guest(places, inputs, known, use, std::move(machine));
      if (!planned) {
        co_return planned.error();
      }
      guests.push_back(std::move(*planned));
    }
  }
  co_return guests;
}

Task<Result<guest::Spec>> spec_of(machine::Hypervisor& hypervisor, const Places& places,
                                  const PlannedGuest& planned) {
  auto content = image::content_for(planned.kernel);
  content.programs = planned.programs;
  auto agent = image::agent_image(places.agent_files(planned.machine.arch), content);
  if (!agent) {
    co_return agent.error();
  }
  auto wanted = planned.machine;
  auto machine = co_await guest::decided(hypervisor, std::move(wanted));
  auto boots = trial::boots_of(planned.kernel, *agent, &planned.probes, places.plugin);
  const guest::Home home{fmt::format("{}-{}", planned.variant, planned.machine.name), "", "agent.sock"};
  co_return guest::spec_of(std::move(machine), std::move(boots), home);
}

}  // namespace assay::run
