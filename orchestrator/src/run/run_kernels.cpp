// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/run_kernels.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "kernel/debian_image.hpp"
#include "run/kernels.hpp"
#include "run/probes.hpp"
#include "run/programs.hpp"
#include "run/unseen.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace assay::run {
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

/// A new run has none to compare.
Status same_kernels(const Inputs& inputs, const RunKernels& now) {
  if (!inputs.past) {
    return {};
  }
  const auto& run = inputs.past->info;
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

/// What kernels do not see of their machines.
Status tell_of_unseen(Session& session, const experiment::Experiment& experiment,
                      const std::map<std::string, kernel::Kernel>& kernels) {
  for (const auto& machine : experiment.machines) {
    for (const auto& use : experiment.variants) {
      if (!experiment.has_guest(use.name, machine.name)) {
        continue;
      }
      const auto unseen = unseen_by(kernels.at(trial::kernel_key(use.name, machine.arch)),
                                    "variant " + use.name, machine, "machine " + machine.name);
      if (!unseen) {
        return unseen.error();
      }
      for (const auto& text : *unseen) {
        session.progress.on_note(text);
      }
    }
  }
  return {};
}

}  // namespace

std::vector<kernel::Variant> missing_kernels(const Inputs& inputs, const RunKernels& known) {
  std::vector<kernel::Variant> missing;
  for (const auto& key : kernel_keys(inputs.experiment)) {
    if (!known.kernels.contains(key)) {
      missing.push_back(inputs.variants.at(key));
    }
  }
  return missing;
}

Task<Result<RunKernels>> find_run_kernels(const Session& session, const Inputs& inputs) {
  RunKernels known;
  if (auto agents = check_agents(session.places, inputs.variants); !agents) {
    co_return agents.error();
  }
  session.progress.stop_means("what is under way is being ended");
  for (const auto& use : inputs.experiment.variants) {
    for (const auto arch : arches_of(inputs.experiment, use.name)) {
      const auto key = trial::kernel_key(use.name, arch);
      const auto& variant = inputs.variants.at(key);
      auto found = co_await find_kernel(session.places, key, variant, known);
      if (!found) {
        co_return error_about(inputs.experiment, use, found.error());
      }
      const auto id = known.ids.find(key);
      known.likeness.emplace(key, id != known.ids.end() ? id->second : variant.source.text());
    }
  }
  if (!session.bisecting) {
    known.nothing_to_judge = nothing_to_judge(inputs.experiment, known.likeness);
  }
  if (auto same = same_kernels(inputs, known); !same) {
    co_return same.error();
  }
  co_return known;
}

Task<Result<RunKernels>> build_run_kernels(Session& session, const Inputs& inputs, RunKernels known) {
  const auto& places = session.places;
  for (const auto& [key, kernel] : known.kernels) {
    log_event("kernel {}: {} {}, from the cache", key, kernel.release, kernel.id);
    session.progress.build_done(inputs.variants.at(key).name, from_cache_text(kernel));
  }
  auto options = builder_options(places, 0);
  auto missing = missing_kernels(inputs, known);
  auto built =
      co_await build_kernels(std::move(missing), std::move(options), session.progress, session.interrupt);
  if (!built) {
    co_return built.error();
  }
  auto next = built->begin();
  for (const auto& key : kernel_keys(inputs.experiment)) {
    if (!known.kernels.contains(key)) {
      log_event("kernel {}: {} {}, built", key, next->release, next->id);
      known.kernels.emplace(key, std::move(*next++));
    }
    const auto& kernel = known.kernels.at(key);
    known.ids.insert_or_assign(key, kernel.id);
    const auto arch = inputs.variants.at(key).arch;
    auto content = image::content_for(kernel);
    content.programs = programs_for(inputs.experiment, inputs.programs, key.substr(0, key.find('/')), arch);
    auto agent = image::agent_image(places.agent_files(arch), content);
    if (!agent) {
      co_return agent.error();
    }
    known.agents.emplace(key, std::move(*agent));
  }
  known.likeness.clear();
  if (!session.bisecting) {
    auto likeness = likeness_of(known.kernels);
    if (!likeness) {
      co_return likeness.error();
    }
    known.likeness = std::move(*likeness);
    known.nothing_to_judge = nothing_to_judge(inputs.experiment, known.likeness);
  }
  if (!known.nothing_to_judge.empty()) {
    co_return known;
  }
  if (auto told = tell_of_unseen(session, inputs.experiment, known.kernels); !told) {
    co_return told.error();
  }
  auto probing = co_await place_probes(places, inputs.experiment, inputs.variants, known.kernels);
  if (!probing) {
    co_return probing.error();
  }
  known.probing = std::move(*probing);
  if (auto same = same_kernels(inputs, known); !same) {
    co_return same.error();
  }
  co_return known;
}

Status keep_kernels(store::Store& results, const std::string& run, const Inputs& inputs,
                    const RunKernels& boots) {
  for (const auto& key : kernel_keys(inputs.experiment)) {
    const auto& kernel = boots.kernels.at(key);
    auto config = kernel.config.empty() ? Result<std::string>("") : read_file(kernel.config);
    if (!config) {
      return config.error();
    }
    store::KernelTexts texts{std::move(*config), {}};
    for (const auto& patch : inputs.variants.at(key).patches) {
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

}  // namespace assay::run
