// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/probes.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/kernels.hpp"
#include "probe/patch_lines.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace assay::cli {
namespace {

constexpr const char* patch_probe = "patch";

/// The probes that are meant for a variant of the experiment.
std::vector<probe::ProbeSpec> probes_for(const experiment::Experiment& experiment,
                                         const std::string& variant) {
  std::vector<probe::ProbeSpec> specs;
  for (const auto& spec : experiment.probes) {
    const auto& only = spec.variants;
    if (only.empty() || std::find(only.begin(), only.end(), variant) != only.end()) {
      specs.push_back(spec);
    }
  }
  return specs;
}

bool has_probe(const std::vector<probe::ProbeSpec>& specs, std::string_view name) {
  return std::any_of(specs.begin(), specs.end(), [name](const auto& spec) { return spec.name == name; });
}

/// The lines of the kernel's own series; none where nobody can tell which of them ran.
Task<Result<std::vector<probe::PatchLine>>> lines_of(const Places& places, const kernel::Variant& variant,
                                                     const kernel::Kernel& kernel) {
  const auto info = probe::DebugInfo::open(kernel.vmlinux);
  if (!info || !info->has_lines()) {
    co_return std::vector<probe::PatchLine>();
  }
  auto options = builder_options(places, 0);
  auto copy = variant;
  co_return co_await probe::patch_lines(std::move(copy), std::move(options));
}

Task<Result<probe::KernelProbes>> probes_of_kernel(const Places& places, std::vector<probe::ProbeSpec> specs,
                                                   const kernel::Variant& variant,
                                                   const kernel::Kernel& kernel) {
  auto lines = co_await lines_of(places, variant, kernel);
  if (!lines) {
    co_return lines.error();
  }
  if (!lines->empty() && !has_probe(specs, patch_probe)) {
    probe::ProbeSpec cover;
    cover.name = patch_probe;
    cover.kind = probe::Kind::cover;
    cover.places = {"patch"};
    cover.automatic = true;
    specs.push_back(std::move(cover));
  }
  if (specs.empty()) {
    co_return probe::KernelProbes();
  }
  co_return co_await probe::place_probes(kernel.vmlinux, variant.arch, std::move(specs), std::move(*lines));
}

}  // namespace

Task<Result<trial::Probing>> place_probes(const Places& places, const experiment::Experiment& experiment,
                                          const std::map<std::string, kernel::Variant>& variants,
                                          const std::map<std::string, kernel::Kernel>& kernels) {
  trial::Probing probing;
  probing.plugin = places.plugin;
  for (const auto& use : experiment.variants) {
    for (const auto arch : arches_of(experiment)) {
      const auto key = trial::kernel_key(use.name, arch);
      const auto& kernel = kernels.at(key);
      auto specs = probes_for(experiment, use.name);
      if (kernel.vmlinux.empty()) {
        if (specs.empty()) {
          continue;
        }
        co_return fail(Failure::usage,
                       "cannot place probe {} in kernel variant {}: its variant file names no vmlinux",
                       specs.front().name, key);
      }
      auto placed = co_await probes_of_kernel(places, std::move(specs), variants.at(key), kernel);
      if (!placed) {
        co_return placed.error().within("watch kernel variant " + key);
      }
      if (!placed->probes.empty()) {
        probing.kernels.emplace(key, std::move(*placed));
      }
    }
  }
  std::error_code ignored;
  if (!probing.kernels.empty() && !fs::exists(probing.plugin, ignored)) {
    co_return fail(Failure::infrastructure,
                   "cannot find {}: build Assay with ./dev build, or install it whole",
                   probing.plugin.string());
  }
  co_return probing;
}

}  // namespace assay::cli
