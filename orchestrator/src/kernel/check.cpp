// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/check.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "kernel/cache_lock.hpp"
#include "kernel/job.hpp"
#include "kernel/kbuild.hpp"
#include "kernel/prepare.hpp"
#include "kernel/toolchain.hpp"
#include "series/patch.hpp"

#include <algorithm>
#include <cstdint>
#include <system_error>
#include <utility>

namespace assay::kernel {
namespace {

/// Whether a patch changes what there is to be configured.
bool touches_kconfig(const std::vector<series::SeriesPatch>& patches) {
  const auto is_kconfig = [](const std::string& path) {
    return fs::path(path).filename().string().starts_with("Kconfig");
  };
  return std::any_of(patches.begin(), patches.end(), [&](const series::SeriesPatch& patch) {
    const auto files = series::parse_patch(patch.text);
    return files && std::any_of(files->begin(), files->end(), [&](const series::FilePatch& file) {
             return is_kconfig(file.old_path) || is_kconfig(file.new_path);
           });
  });
}

Task<Result<Job>> job_of(Variant variant, BuilderOptions options, ProgressMeter& meter) {
  std::error_code error;
  options.cache = fs::absolute(options.cache, error);
  if (auto made = CacheLayout(options.cache).prepare(); !made) {
    co_return made.error();
  }
  co_return co_await make_job(std::move(variant), std::move(options), meter);
}

Task<Status> try_inputs(const Job& job) {
  if (auto programs = check_programs(); !programs) {
    co_return programs;
  }
  job.meter.enter(0, 1, false);
  co_return co_await try_series(job);
}

enum class Tree : std::uint8_t { stays, goes };

/// Returns the .config. A tree that goes does so under the lock: who waits for it makes it anew.
Task<Result<std::string>> configure_in_turn(const Job& job, Tree tree) {
  auto lock = co_await lock_in_turn(job.layout, job.id, "building " + job.variant.name, job.meter);
  if (!lock) {
    co_return lock.error();
  }
  const auto prepared = co_await prepare(job, nullptr);
  auto done = prepared ? Result<std::string>(std::string()) : Result<std::string>(prepared.error());
  if (prepared) {
    job.meter.enter(0.12, 0.14, false);
    auto kbuild = kbuild_of(job);
    auto wish = config_wish(job);
    done = co_await configure(std::move(kbuild), std::move(wish), job.meter);
  }
  if (done) {
    done = read_file(job.tree() / ".config");
  }
  std::error_code ignored;
  if (tree == Tree::goes || (!done && done.error().kind() == Failure::build)) {
    fs::remove_all(job.layout.work(job.id), ignored);
  }
  if (tree == Tree::goes) {
    fs::remove(job.layout.log(job.id), ignored);
  }
  co_return done;
}

/// In a tree that is of no other use: the build of a variant starts from objects that are not there yet.
/// Returns the .config.
Task<Result<std::string>> configure_aside(const Job& job) {
  auto aside = job;
  aside.id += ".configuring";
  co_return co_await configure_in_turn(aside, Tree::goes);
}

/// Of the variant by itself: what its base has wrong is the base's.
Task<Status> try_configuration(const Job& job) {
  auto base = co_await base_of(job);
  if (!base) {
    co_return base.error();
  }
  const Job& first = *base ? **base : job;
  if (!is_there(first.compiled())) {
    auto done = co_await configure_in_turn(first, Tree::stays);
    if (!done) {
      co_return *base ? done.error().within("build " + first.variant.name) : done.error();
    }
  }
  const bool as_base = job.inputs.options == first.inputs.options && !touches_kconfig(job.variant.patches);
  if (as_base || !*base) {
    co_return Status();
  }
  auto done = co_await configure_aside(job);
  co_return done ? Status() : Status(done.error());
}

Task<Status> check_one(Variant variant, BuilderOptions options, ProgressSink progress,
                       Task<Status> (*attempt)(const Job&)) {
  const auto action = "build " + variant.name;
  ProgressMeter meter(variant.name, std::move(progress));
  auto job = co_await job_of(std::move(variant), std::move(options), meter);
  if (!job) {
    co_return job.error().within(action);
  }
  auto tried = co_await attempt(*job);
  co_return tried ? tried : tried.error().within(action);
}

}  // namespace

Task<Status> check(std::vector<Variant> variants, BuilderOptions options, ProgressSink progress) {
  std::erase_if(variants, [](const auto& variant) { return variant.source.kind == SourceKind::prebuilt; });
  std::ranges::stable_sort(variants, {}, [](const Variant& variant) {
    return variant.patches.size() + all_fragments(variant).size();
  });
  for (const auto attempt : {&try_inputs, &try_configuration}) {
    for (const auto& variant : variants) {
      auto checked = co_await check_one(variant, options, progress, attempt);
      if (!checked) {
        co_return checked;
      }
    }
  }
  co_return Status();
}

Task<Result<std::string>> configuration_of(Variant variant, BuilderOptions options, ProgressSink progress) {
  const auto action = "configure " + variant.name;
  if (variant.source.kind == SourceKind::prebuilt) {
    co_return fail(Failure::usage, "cannot {}: it is a prebuilt kernel", action);
  }
  ProgressMeter meter(variant.name, std::move(progress));
  auto job = co_await job_of(std::move(variant), std::move(options), meter);
  if (!job) {
    co_return job.error().within(action);
  }
  auto config = co_await configure_aside(*job);
  if (!config) {
    co_return config.error().within(action);
  }
  co_return config;
}

}  // namespace assay::kernel
