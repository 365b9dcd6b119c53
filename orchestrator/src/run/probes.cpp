// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/probes.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "probe/patch_lines.hpp"
#include "run/kernels.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace assay::run {
namespace {

constexpr const char* patch_probe = "patch";

/// Whether the workload runs with kernels of this variant for this architecture.
bool runs_there(const experiment::Experiment& experiment, const experiment::WorkloadRun& run,
                const std::string& variant, Arch arch) {
  return run.runs_with(variant) &&
         std::any_of(experiment.machines.begin(), experiment.machines.end(),
                     [&](const auto& machine) { return machine.arch == arch && run.runs_on(machine.name); });
}

/// The probes that are meant for a variant of the experiment, built for this architecture.
std::vector<probe::ProbeSpec> probes_for(const experiment::Experiment& experiment, const std::string& variant,
                                         Arch arch) {
  std::vector<probe::ProbeSpec> specs;
  for (const auto& spec : experiment.probes) {
    const auto& only = spec.variants;
    const bool wanted = only.empty() || std::find(only.begin(), only.end(), variant) != only.end();
    const bool has_work =
        std::any_of(experiment.workloads.begin(), experiment.workloads.end(), [&](const auto& run) {
          return probe::acts_in(spec, run.name) && runs_there(experiment, run, variant, arch);
        });
    if (wanted && has_work) {
      specs.push_back(spec);
    }
  }
  return specs;
}

bool has_probe(const std::vector<probe::ProbeSpec>& specs, std::string_view name) {
  return std::any_of(specs.begin(), specs.end(), [name](const auto& spec) { return spec.name == name; });
}

/// The probe that nobody asked for.
probe::ProbeSpec cover_of_patch() {
  probe::ProbeSpec cover;
  cover.name = patch_probe;
  cover.kind = probe::Kind::cover;
  cover.places = {"patch"};
  cover.automatic = true;
  return cover;
}

Task<Result<probe::KernelProbes>> probes_of_kernel(const Places& places, std::vector<probe::ProbeSpec> specs,
                                                   const kernel::Variant& variant,
                                                   const kernel::Kernel& kernel) {
  const auto info = probe::DebugInfo::open(kernel.vmlinux);
  probe::Patch patch{{}, !kernel.modules.empty()};
  // Without lines in the kernel nobody can tell which of the series ran.
  if (info && info->has_lines()) {
    auto options = builder_options(places, 0);
    auto copy = variant;
    auto found = co_await probe::patch_lines(std::move(copy), std::move(options));
    if (!found) {
      co_return found.error();
    }
    patch.lines = std::move(*found);
    // A series of which no line can be watched is reported all the same.
    if (probe::has_own_series(variant) && !has_probe(specs, patch_probe)) {
      specs.push_back(cover_of_patch());
    }
  }
  if (specs.empty()) {
    co_return probe::KernelProbes();
  }
  co_return co_await probe::place_probes(kernel.vmlinux, variant.arch, std::move(specs), std::move(patch));
}

std::string text_of_places(const probe::PlacedProbe& placed) {
  constexpr std::size_t most_shown = 8;
  std::vector<std::string> where;
  std::size_t spots = 0;
  for (const auto& place : placed.places) {
    for (const auto& spot : place.spots) {
      if (++spots <= most_shown) {
        where.push_back(spot.where);
      }
    }
  }
  if (spots > most_shown) {
    where.push_back(fmt::format("{} more", spots - most_shown));
  }
  return fmt::to_string(fmt::join(where, "; "));
}

std::string text_of_patch(const probe::PlacedProbe& placed) {
  std::size_t built = 0;
  std::size_t spots = 0;
  for (const auto& place : placed.places) {
    built += place.spots.empty() ? 0 : 1;
    spots += place.spots.size();
  }
  return fmt::format(
      "{} line{} of the series, {} of them with instructions of their own, {} instruction{} watched",
      placed.places.size(), plural(placed.places.size()), built, spots, plural(spots));
}

}  // namespace

Task<Result<probe::KernelProbes>> probes_of(const Places& places, const experiment::Experiment& experiment,
                                            const std::string& use, const kernel::Variant& variant,
                                            const kernel::Kernel& kernel) {
  auto specs = probes_for(experiment, use, variant.arch);
  const auto key = trial::kernel_key(use, variant.arch);
  if (kernel.vmlinux.empty()) {
    if (specs.empty()) {
      co_return probe::KernelProbes();
    }
    co_return fail(Failure::usage,
                   "cannot place probe {} in kernel variant {}: its variant file names no vmlinux",
                   specs.front().name, key);
  }
  auto placed = co_await probes_of_kernel(places, std::move(specs), variant, kernel);
  if (!placed) {
    const auto error = placed.error();
    co_return error.kind() == Failure::usage
        ? Error(Failure::usage, fmt::format("{} (in kernel variant {})", error.text(), key))
        : error.within("watch kernel variant " + key);
  }
  co_return placed;
}

bool may_have_probes(const experiment::Experiment& experiment, const std::string& use,
                     const kernel::Variant& variant) {
  return !probes_for(experiment, use, variant.arch).empty() || probe::has_own_series(variant);
}

std::string where_placed(const probe::KernelProbes& probes) {
  std::string text;
  for (const auto& placed : probes.probes) {
    const bool is_patch = placed.spec.places == std::vector<std::string>{"patch"};
    text += is_patch ? fmt::format("# patch: {}\n", text_of_patch(placed))
                     : fmt::format("# probe {}: {}: {}\n", placed.spec.name, probe::text_of(placed.spec),
                                   text_of_places(placed));
  }
  return text;
}

Task<Result<trial::Probing>> place_probes(const Places& places, const experiment::Experiment& experiment,
                                          const std::map<std::string, kernel::Variant>& variants,
                                          const std::map<std::string, kernel::Kernel>& kernels) {
  trial::Probing probing;
  probing.plugin = places.plugin;
  for (const auto& use : experiment.variants) {
    for (const auto arch : arches_of(experiment, use.name)) {
      const auto key = trial::kernel_key(use.name, arch);
      auto placed = co_await probes_of(places, experiment, use.name, variants.at(key), kernels.at(key));
      if (!placed) {
        co_return placed.error();
      }
      if (!placed->probes.empty()) {
        probing.kernels.emplace(key, std::move(*placed));
      }
    }
  }
  co_return probing;
}

}  // namespace assay::run
