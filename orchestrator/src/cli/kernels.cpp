// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/kernels.hpp"

#include "base/mistakes.hpp"
#include "kernel/debian_image.hpp"

#include <cstdlib>
#include <utility>

namespace assay::cli {
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

}  // namespace

kernel::BuilderOptions builder_options(const Places& places, unsigned jobs) {
  kernel::BuilderOptions options;
  options.cache = places.cache / "kernels";
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
        mistakes.add(*use.where, fmt::format("variant {}: {}", use.name, variant.error().text()));
      } else {
        return variant.error().within(fmt::format("use variant {} of {}", use.name, shown(experiment.file)));
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

Status may_build(const kernel::Variant& variant) {
  const char* wish = std::getenv("ASSAY_BUILD");
  const std::string_view word = wish != nullptr ? wish : "";
  const bool copied = variant.source.kind == kernel::SourceKind::prebuilt &&
                      !kernel::names_debian_image(variant.source.where);
  if (word.empty() || copied) {
    return {};
  }
  if (word != "never") {
    return fail(Failure::usage, "cannot understand ASSAY_BUILD={}: it is \"never\" or not set", word);
  }
  return fail(Failure::build,
              "cannot use kernel variant {}: it is not built, and ASSAY_BUILD=never forbids to build it; "
              "assay kernel build {} --arch {}",
              variant.name, called(variant), name_of(variant.arch));
}

Task<Result<kernel::Kernel>> build_kernel(kernel::Variant variant, kernel::BuilderOptions options,
                                          Progress& progress, Interrupt& interrupt) {
  using namespace asio::experimental::awaitable_operators;
  const auto began = Clock::now();
  auto cached = co_await kernel::find_built(variant, options);
  if (!cached) {
    co_return cached.error();
  }
  if (*cached) {
    progress.build_done(variant.name, from_cache_text(**cached));
    co_return std::move(**cached);
  }
  if (auto may = may_build(variant); !may) {
    co_return may.error();
  }
  const kernel::ProgressSink sink = [&progress](const kernel::BuildProgress& step) {
    progress.on_build(step);
  };
  auto first = co_await (kernel::build(variant, options, sink) || interrupt.wait());
  if (first.index() == 1) {
    co_return fail(Failure::interrupted,
                   "building {} was interrupted; the next build goes on where this one stopped",
                   variant.name);
  }
  auto built = std::get<0>(std::move(first));
  if (built) {
    if (!built->note.empty()) {
      progress.on_note(fmt::format("{}: {}", variant.name, built->note));
    }
    progress.build_done(variant.name, fmt::format("{} {}, built in {}", built->release,
                                                  built->id.substr(0, 12), human(Clock::now() - began)));
  }
  co_return built;
}

}  // namespace assay::cli
