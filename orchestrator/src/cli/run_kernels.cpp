// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/run_kernels.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"
#include "kernel/check.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace assay::cli {
namespace {

/// Sources, programs and patches of all first, then what Kconfig says: what takes longest comes last.
Task<Status> check_all(std::vector<kernel::Variant> variants, Places places, Progress& progress) {
  const kernel::ProgressSink sink = [&progress](const kernel::BuildProgress& step) {
    progress.on_build(step);
  };
  static constexpr std::array checks = {&kernel::check_inputs, &kernel::check_configuration};
  for (const auto check : checks) {
    for (const auto& variant : variants) {
      auto copy = variant;
      auto options = builder_options(places, 0);
      auto checked = co_await check(std::move(copy), std::move(options), sink);
      if (!checked) {
        co_return checked;
      }
    }
  }
  co_return Status();
}

/// Before anything is built: the kernels of the cache, and what stands for each.
struct KnownKernels {
  std::map<std::string, kernel::Kernel> cached;
  verdict::KernelLikeness likeness;
};

Task<Result<KnownKernels>> find_kernels(std::map<std::string, kernel::Variant> variants, Places places,
                                        Progress& progress) {
  KnownKernels known;
  for (const auto& [key, variant] : variants) {
    auto options = builder_options(places, 0);
    auto copy = variant;
    auto found = co_await kernel::find_built(std::move(copy), std::move(options));
    if (!found) {
      co_return found.error();
    }
    if (*found) {
      progress.build_done(variant.name, from_cache_text(**found));
      known.likeness.emplace(key, (**found).id);
      known.cached.emplace(key, std::move(**found));
      continue;
    }
    if (auto may = may_build(variant); !may) {
      co_return may.error();
    }
    if (variant.source.kind == kernel::SourceKind::prebuilt) {
      known.likeness.emplace(key, variant.source.text());
      continue;
    }
    auto id = co_await kernel::kernel_id(variant);
    if (!id) {
      co_return id.error();
    }
    known.likeness.emplace(key, std::move(*id));
  }
  co_return known;
}

Task<Status> check_kernels(std::vector<kernel::Variant> variants, Places places, Progress& progress,
                           Interrupt& interrupt) {
  using namespace asio::experimental::awaitable_operators;
  auto first = co_await (check_all(std::move(variants), std::move(places), progress) || interrupt.wait());
  if (first.index() == 1) {
    co_return fail(Failure::interrupted, "interrupted before anything was built");
  }
  co_return std::get<0>(std::move(first));
}

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

Status add_kernel(const Places& places, const std::string& key, Arch arch, kernel::Kernel built,
                  RunKernels& result) {
  auto agent = agent_image(places, arch, content_for(built));
  if (!agent) {
    return agent.error();
  }
  result.agents.emplace(key, std::move(*agent));
  result.kernels.emplace(key, std::move(built));
  return {};
}

/// A missing agent is told before minutes go into kernels.
Status check_agents(const Places& places, const std::map<std::string, kernel::Variant>& variants) {
  for (const auto& [key, variant] : variants) {
    if (auto agent = agent_image(places, variant.arch, GuestContent()); !agent) {
      return agent.error();
    }
  }
  return {};
}

std::vector<kernel::Variant> those_missing(const std::map<std::string, kernel::Variant>& variants,
                                           const KnownKernels& known) {
  std::vector<kernel::Variant> missing;
  for (const auto& [key, variant] : variants) {
    if (!known.cached.contains(key)) {
      missing.push_back(variant);
    }
  }
  return missing;
}

Task<Status> add_all(Globals& globals, Places places, const experiment::Experiment& experiment,
                     const std::map<std::string, kernel::Variant>& variants, KnownKernels known,
                     Progress& progress, RunKernels& result) {
  for (const auto& key : kernel_keys(experiment)) {
    const auto& variant = variants.at(key);
    Result<kernel::Kernel> built = Error();
    if (const auto cached = known.cached.find(key); cached != known.cached.end()) {
      built = cached->second;
    } else {
      auto options = builder_options(places, 0);
      built = co_await build_kernel(variant, std::move(options), progress, globals.interrupt);
    }
    if (!built) {
      co_return built.error();
    }
    if (auto added = add_kernel(places, key, variant.arch, std::move(*built), result); !added) {
      co_return added;
    }
  }
  co_return Status();
}

}  // namespace

Task<Result<RunKernels>> make_run_kernels(Globals& globals, Places places,
                                          const experiment::Experiment& experiment,
                                          std::map<std::string, kernel::Variant> variants,
                                          Progress& progress) {
  RunKernels result;
  if (auto agents = check_agents(places, variants); !agents) {
    co_return agents.error();
  }
  auto known = co_await find_kernels(variants, places, progress);
  if (!known) {
    co_return known.error();
  }
  result.nothing_to_judge = nothing_to_judge(experiment, known->likeness);
  if (!result.nothing_to_judge.empty() && !globals.bisecting) {
    co_return result;
  }
  auto missing = those_missing(variants, *known);
  auto checked = co_await check_kernels(std::move(missing), places, progress, globals.interrupt);
  if (!checked) {
    co_return checked.error();
  }
  auto added = co_await add_all(globals, places, experiment, variants, std::move(*known), progress, result);
  if (!added) {
    co_return added.error();
  }
  auto likeness = likeness_of(result.kernels);
  if (!likeness) {
    co_return likeness.error();
  }
  result.nothing_to_judge = nothing_to_judge(experiment, *likeness);
  if (globals.bisecting) {
    // The other side is what each revision is measured by, one that is the same included.
    result.nothing_to_judge.clear();
  } else {
    result.likeness = std::move(*likeness);
  }
  co_return result;
}

}  // namespace assay::cli
