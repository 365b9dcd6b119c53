// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/kernels.hpp"

#include "base/mistakes.hpp"
#include "kernel/check.hpp"
#include "kernel/debian_image.hpp"
#include "kernel/variant_load.hpp"
#include "run/garbage.hpp"

#include <cstdlib>
#include <utility>

namespace assay::run {
namespace {

/// What `assay kernel build` takes: the name of one of our variants, the path of any other.
std::string called(const kernel::Variant& variant) {
  const auto folder = variant.file.parent_path();
  const auto stem = variant.file.stem().string();
  const bool ours = folder.filename() == "kernels" && folder.parent_path().filename() == "images";
  return variant.file.empty() || ours || !variant.name.starts_with(stem)
             ? variant.name
             : shown(variant.file) + variant.name.substr(stem.size());  // behind it are flavours
}

/// A build takes minutes, as does a download, which whoever waits for a guest only may not want to wait. An
/// image that is there is copied. Error: build, when the variable ASSAY_BUILD forbids it.
Status may_build(const kernel::Variant& variant) {
  const bool copied = variant.source.kind == kernel::SourceKind::prebuilt &&
                      !kernel::names_debian_image(variant.source.where);
  const auto forbidden = copied ? Result<bool>(false) : building_is_forbidden();
  if (!forbidden) {
    return forbidden.error();
  }
  if (!*forbidden) {
    return {};
  }
  return fail(Failure::build,
              "cannot use kernel variant {}: it is not built, and ASSAY_BUILD=never forbids to build it; "
              "assay kernel build {} --arch {}",
              variant.name, called(variant), name_of(variant.arch));
}

std::string mistake_about(const experiment::VariantUse& use, const Error& error) {
  return fmt::format("variant {}: {}", use.name, error.text());
}

kernel::ProgressSink sink_of(Progress& progress) {
  return [&progress](const kernel::BuildProgress& step) { progress.on_build(step); };
}

Task<Result<kernel::Kernel>> build_kernel(kernel::Variant variant, kernel::BuilderOptions options,
                                          Progress& progress, Interrupt& interrupt) {
  using namespace asio::experimental::awaitable_operators;
  const auto began = Clock::now();
  const auto name = variant.name;
  auto sink = sink_of(progress);
  auto first =
      co_await (kernel::build(std::move(variant), std::move(options), std::move(sink)) || interrupt.wait());
  if (first.index() == 1) {
    co_return fail(Failure::interrupted,
                   "building {} was interrupted; the next build goes on where this one stopped", name);
  }
  auto built = std::get<0>(std::move(first));
  if (built) {
    if (!built->note.empty()) {
      progress.on_note(fmt::format("{}: {}", name, built->note));
    }
    progress.build_done(name, fmt::format("{} {}, built in {}", built->release, built->id.substr(0, 12),
                                          human(Clock::now() - began)));
  }
  co_return built;
}

}  // namespace

Result<bool> building_is_forbidden() {
  const char* wish = std::getenv("ASSAY_BUILD");
  const std::string_view word = wish != nullptr ? wish : "";
  if (!word.empty() && word != "never") {
    return fail(Failure::usage, "cannot understand ASSAY_BUILD={}: it is \"never\" or not set", word);
  }
  return !word.empty();
}

kernel::BuilderOptions builder_options(const Places& places, unsigned jobs) {
  kernel::BuilderOptions options;
  options.cache = places.kernels();
  options.jobs = jobs;
  options.when_full = [places] { return gc_hint(places); };
  return options;
}

std::set<Arch> arches_of(const experiment::Experiment& experiment, std::string_view variant) {
  std::set<Arch> arches;
  for (const auto& machine : experiment.machines) {
    if (experiment.has_guest(variant, machine.name)) {
      arches.insert(machine.arch);
    }
  }
  return arches;
}

std::vector<std::string> kernel_keys(const experiment::Experiment& experiment) {
  std::vector<std::string> keys;
  for (const auto& use : experiment.variants) {
    for (const auto arch : arches_of(experiment, use.name)) {
      keys.push_back(trial::kernel_key(use.name, arch));
    }
  }
  return keys;
}

Result<std::map<std::string, kernel::Variant>> variants_of(const experiment::Experiment& experiment,
                                                           const Places& places) {
  std::map<std::string, kernel::Variant> variants;
  Mistakes mistakes(shown(experiment.file));
  for (const auto& use : experiment.variants) {
    for (const auto arch : arches_of(experiment, use.name)) {
      auto variant = kernel::load_variant(places.images, use.kernel, arch);
      if (variant) {
        variants.emplace(trial::kernel_key(use.name, arch), std::move(*variant));
      } else if (use.where && variant.error().kind() == Failure::usage) {
        mistakes.add(*use.where, mistake_about(use, variant.error()));
      } else {
        return error_about(experiment, use, variant.error());
      }
    }
  }
  if (!mistakes.none()) {
    return mistakes.error();
  }
  return variants;
}

std::string from_cache_text(const kernel::Kernel& kernel) {
  return fmt::format("{} {}, from the cache", kernel.release, kernel.id.substr(0, 12));
}

Error error_about(const experiment::Experiment& experiment, const experiment::VariantUse& use,
                  const Error& error) {
  if (!use.where || error.kind() != Failure::usage) {
    return error.within(fmt::format("use variant {} of {}", use.name, shown(experiment.file)));
  }
  Mistakes mistakes(shown(experiment.file));
  mistakes.add(*use.where, mistake_about(use, error));
  return mistakes.error();
}

Task<Status> check_kernels(std::vector<kernel::Variant> variants, kernel::BuilderOptions options,
                           Progress& progress, Interrupt& interrupt) {
  using namespace asio::experimental::awaitable_operators;
  auto sink = sink_of(progress);
  auto first =
      co_await (kernel::check(std::move(variants), std::move(options), std::move(sink)) || interrupt.wait());
  if (first.index() == 1) {
    co_return fail(Failure::interrupted, "interrupted before anything was built");
  }
  co_return std::get<0>(std::move(first));
}

Task<Result<std::vector<kernel::Kernel>>> build_kernels(std::vector<kernel::Variant> variants,
                                                        kernel::BuilderOptions options, Progress& progress,
                                                        Interrupt& interrupt) {
  for (const auto& variant : variants) {
    if (auto may = may_build(variant); !may) {
      co_return may.error();
    }
  }
  auto checked = co_await check_kernels(variants, options, progress, interrupt);
  if (!checked) {
    co_return checked.error();
  }
  std::vector<kernel::Kernel> kernels;
  for (const auto& variant : variants) {
    auto built = co_await build_kernel(variant, options, progress, interrupt);
    if (!built) {
      co_return built.error();
    }
    kernels.push_back(std::move(*built));
  }
  co_return kernels;
}

}  // namespace assay::run
