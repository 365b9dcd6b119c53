// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/run_kernels.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "kernel/debian_image.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace assay::cli {
namespace {

/// Equal where the images are, byte for byte.
Result<verdict::KernelLikeness> likeness_of(const std::map<std::string, kernel::Kernel>& kernels) {
  verdict::KernelLikeness likeness;
  for (const auto& [key, built] : kernels) {
    auto digest = sha256_of_file(built.image);
    if (!digest) {
      return digest.error();
    }
    likeness.emplace(key, *digest + built.modules.string());
  }
  return likeness;
}

/// Why nothing can be judged, or "".
std::string nothing_to_judge(const experiment::Experiment& experiment,
                             const verdict::KernelLikeness& likeness) {
  const auto& claims = experiment.claims;
  const bool nothing = !claims.empty() && std::all_of(claims.begin(), claims.end(), [&](const auto& claim) {
    return verdict::compares_one_kernel(experiment, claim, likeness);
  });
  return nothing ? fmt::format("{} are the same kernel: there is nothing to compare, and no claim is judged",
                               listed(claims.front().variants()))
                 : "";
}

/// A missing agent is told before minutes go into kernels.
Status check_agents(const Places& places, const std::map<std::string, kernel::Variant>& variants) {
  for (const auto& [key, variant] : variants) {
    if (auto agent = image::agent_image(places.agent_files(variant.arch), {}); !agent) {
      return agent.error();
    }
  }
  return {};
}

Task<Status> find_kernel(const Places& places, const std::string& key, const kernel::Variant& variant,
                         RunKernels& known) {
  const auto options = builder_options(places, 0);
  auto found = co_await kernel::find_built(variant, options);
  if (!found) {
    co_return found.error();
  }
  if (*found) {
    known.ids.emplace(key, (**found).id);
    known.kernels.emplace(key, std::move(**found));
  } else if (!kernel::names_debian_image(variant.source.where)) {
    auto id = co_await kernel::kernel_id(variant, options);
    if (!id) {
      co_return id.error();
    }
    known.ids.emplace(key, std::move(*id));
  }
  co_return Status();
}

}  // namespace

Status same_kernels(const store::RunInfo& run, const RunKernels& now) {
  for (const auto& before : run.kernels) {
    const auto id = now.ids.find(before.variant);
    if (id != now.ids.end() && id->second != before.id) {
      return fail(Failure::usage,
                  "cannot resume {}: kernel variant {} was {} then and is {} now; start a new run, or undo "
                  "the change to its patches, config or compiler",
                  run.id, before.variant, before.id.substr(0, 12), id->second.substr(0, 12));
    }
  }
  return {};
}

std::vector<kernel::Variant> missing_kernels(const experiment::Experiment& experiment,
                                             const std::map<std::string, kernel::Variant>& variants,
                                             const RunKernels& known) {
  std::vector<kernel::Variant> missing;
  for (const auto& key : kernel_keys(experiment)) {
    if (!known.kernels.contains(key)) {
      missing.push_back(variants.at(key));
    }
  }
  return missing;
}

Task<Result<RunKernels>> find_run_kernels(const Globals& globals, Places places,
                                          const experiment::Experiment& experiment,
                                          const std::map<std::string, kernel::Variant>& variants) {
  RunKernels known;
  if (auto agents = check_agents(places, variants); !agents) {
    co_return agents.error();
  }
  for (const auto& use : experiment.variants) {
    for (const auto arch : arches_of(experiment, use.name)) {
      const auto key = trial::kernel_key(use.name, arch);
      const auto& variant = variants.at(key);
      auto found = co_await find_kernel(places, key, variant, known);
      if (!found) {
        co_return error_about(experiment, use, found.error());
      }
      const auto id = known.ids.find(key);
      known.likeness.emplace(key, id != known.ids.end() ? id->second : variant.source.text());
    }
  }
  if (!globals.bisecting) {
    known.nothing_to_judge = nothing_to_judge(experiment, known.likeness);
  }
  co_return known;
}

Task<Result<RunKernels>> build_run_kernels(Globals& globals, Places places,
                                           const experiment::Experiment& experiment,
                                           const std::map<std::string, kernel::Variant>& variants,
                                           RunKernels known, Progress& progress) {
  for (const auto& [key, kernel] : known.kernels) {
    progress.build_done(variants.at(key).name, from_cache_text(kernel));
  }
  auto options = builder_options(places, 0);
  auto missing = missing_kernels(experiment, variants, known);
  auto built = co_await build_kernels(std::move(missing), std::move(options), progress, globals.interrupt);
  if (!built) {
    co_return built.error();
  }
  auto next = built->begin();
  for (const auto& key : kernel_keys(experiment)) {
    if (!known.kernels.contains(key)) {
      known.kernels.emplace(key, std::move(*next++));
    }
    const auto& kernel = known.kernels.at(key);
    known.ids.insert_or_assign(key, kernel.id);
    auto agent = image::agent_image(places.agent_files(variants.at(key).arch), image::content_for(kernel));
    if (!agent) {
      co_return agent.error();
    }
    known.agents.emplace(key, std::move(*agent));
  }
  // What a revision is measured by in a bisection counts although it may be the same.
  known.likeness.clear();
  if (globals.bisecting) {
    co_return known;
  }
  auto likeness = likeness_of(known.kernels);
  if (!likeness) {
    co_return likeness.error();
  }
  known.likeness = std::move(*likeness);
  known.nothing_to_judge = nothing_to_judge(experiment, known.likeness);
  co_return known;
}

Status keep_kernels(store::Store& results, const std::string& run, const experiment::Experiment& experiment,
                    const std::map<std::string, kernel::Variant>& variants, const RunKernels& boots) {
  for (const auto& key : kernel_keys(experiment)) {
    const auto& kernel = boots.kernels.at(key);
    auto config = kernel.config.empty() ? Result<std::string>("") : read_file(kernel.config);
    if (!config) {
      return config.error();
    }
    store::KernelTexts texts{std::move(*config), {}};
    for (const auto& patch : variants.at(key).patches) {
      texts.patches.push_back(patch.text);
    }
    const auto provenance = read_file(kernel.provenance);
    const store::KernelInfo info{key, kernel.id, kernel.release, provenance ? *provenance : "{}"};
    if (auto added = results.add_kernel(run, info, texts); !added) {
      return added;
    }
  }
  return {};
}

}  // namespace assay::cli
