// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/builder.hpp"

#include "base/text.hpp"
#include "kernel/cache.hpp"
#include "kernel/identity.hpp"
#include "kernel/kbuild.hpp"
#include "kernel/patch.hpp"
#include "kernel/progress.hpp"
#include "kernel/source.hpp"
#include "kernel/tree.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace assay::kernel {
namespace {

/// Measured with 6.12: 400 MiB of source, 170 MiB of objects, 20 MiB of kernel; the rest is for temporary
/// files.
constexpr Bytes base_needs = mib(900);
/// Hard links to the source, a copy of the objects.
constexpr Bytes variant_needs = mib(300);
/// make prints about this many lines per option that is on (6.12, 592 options: 1600 lines).
constexpr double lines_per_option = 2.7;
/// The steps that every link of a kernel takes.
constexpr std::size_t link_lines = 40;

/// One build: what goes in, where it happens.
struct Job {
  Variant variant;
  BuilderOptions options;
  Inputs inputs;
  std::string id;
  CacheLayout layout;
  ProgressMeter& meter;

  [[nodiscard]] fs::path tree() const { return layout.work(id) / "tree"; }
  /// Exists once source and patches are in the tree.
  [[nodiscard]] fs::path prepared() const { return layout.work(id) / "prepared"; }
  /// Exists once the tree's objects may serve variants.
  [[nodiscard]] fs::path compiled() const { return layout.work(id) / "compiled"; }
};

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

Task<Result<Job>> make_job(Variant variant, BuilderOptions options, ProgressMeter& meter) {
  auto inputs = co_await gather_inputs(variant, options);
  if (!inputs) {
    co_return inputs.error();
  }
  auto id = identity_of(*inputs);
  CacheLayout layout(options.cache);
  co_return Job{std::move(variant), std::move(options), std::move(*inputs),
                std::move(id),      std::move(layout),  meter};
}

/// The variant at the far end of `extends`.
Result<Variant> outermost_base(Variant variant) {
  while (!variant.base.empty()) {
    const auto file = variant.file.parent_path() / (variant.base + ".toml");
    auto base = load_variant(file.parent_path().parent_path(), file.string());
    if (!base) {
      return base.error();
    }
    variant = std::move(*base);
  }
  return variant;
}

Status check_space(const Job& job, Bytes needed) {
  const auto free = free_space(job.options.cache);
  if (free && *free < needed) {
    return fail(Failure::infrastructure, "{} has {} free, and the build needs {}", job.options.cache.string(),
                human(*free), human(needed));
  }
  return {};
}

Task<Status> apply_series(const Job& job, std::size_t already_there) {
  const auto tree = job.tree();
  for (auto i = already_there; i < job.variant.patches.size(); ++i) {
    const auto& patch = job.variant.patches[i];
    job.meter.step("applying " + patch.filename().string(), 1);
    auto applied = co_await apply_patch(tree, patch);
    if (!applied) {
      co_return applied;
    }
  }
  co_return Status();
}

/// Source and patches from nothing.
Task<Status> prepare_from_source(const Job& job) {
  if (auto enough = check_space(job, base_needs); !enough) {
    co_return enough;
  }
  job.meter.enter(0, 0.10, false);
  auto source = co_await unpacked_source(job.layout, job.inputs.source, job.meter);
  if (!source) {
    co_return source.error();
  }
  job.meter.enter(0.10, 0.12, false);
  const FileCount count = [&job](std::size_t) { job.meter.step("linking the source", 0); };
  auto cloned = co_await clone_tree(*source, job.tree(), *source, count);
  if (!cloned) {
    co_return cloned;
  }
  co_return co_await apply_series(job, 0);
}

/// The tree of the base with its objects, and what the variant changes.
Task<Status> prepare_from_base(const Job& job, const Job& base) {
  if (auto enough = check_space(job, variant_needs); !enough) {
    co_return enough;
  }
  job.meter.enter(0, 0.12, false);
  auto source = co_await unpacked_source(job.layout, job.inputs.source, job.meter);
  if (!source) {
    co_return source.error();
  }
  const auto what = "copying the build of " + base.variant.name;
  const FileCount count = [&](std::size_t) { job.meter.step(what, 0.5); };
  auto cloned = co_await clone_tree(base.tree(), job.tree(), *source, count);
  if (!cloned) {
    co_return cloned;
  }
  if (auto moved = move_recorded_paths(job.tree(), base.tree()); !moved) {
    co_return moved;
  }
  co_return co_await apply_series(job, base.variant.patches.size());
}

/// About how many lines make will print.
std::size_t expected_lines(const Job& job, bool from_base) {
  if (from_base) {
    return link_lines + 2 * job.variant.patches.size();
  }
  const auto config = read_file(job.tree() / ".config");
  const auto on = config ? std::count(config->begin(), config->end(), '=') : 0;
  return link_lines + static_cast<std::size_t>(lines_per_option * static_cast<double>(on));
}

Kbuild kbuild_of(const Job& job, const Target& target) {
  return {job.tree(), job.layout.log(job.id), job.layout.lock("make-" + job.id), target, job.options.jobs};
}

/// Configures and compiles the tree as it stands.
Task<Status> make_kernel(const Job& job, bool from_base) {
  auto target = target_of(job.variant.arch);
  if (!target) {
    co_return target.error();
  }
  const auto kbuild = kbuild_of(job, *target);
  job.meter.enter(0.12, 0.14, false);
  auto configured = co_await configure(kbuild, job.inputs.options, job.meter);
  if (!configured) {
    co_return configured;
  }
  job.meter.enter(0.14, 0.99, true);
  co_return co_await compile(kbuild, expected_lines(job, from_base), job.meter);
}

Result<Kernel> store(const Job& job) {
  const auto target = target_of(job.variant.arch);
  if (!target) {
    return target.error();
  }
  const auto tree = job.tree();
  auto release = read_file(tree / "include/config/kernel.release");
  if (!release) {
    return release.error();
  }
  Artefacts artefacts;
  artefacts.release = std::string(trimmed(*release));
  artefacts.image = tree / target->image;
  artefacts.vmlinux = tree / "vmlinux";
  artefacts.config = tree / ".config";
  artefacts.log = job.layout.log(job.id);
  artefacts.provenance = provenance_text(job.variant, job.inputs, job.id, artefacts.release);
  return store_kernel(job.layout, job.id, artefacts);
}

/// Makes `job.tree()` hold the source and the patches, anew or from where an earlier attempt was cut off.
Task<Status> prepare(const Job& job, const Job* base) {
  if (is_there(job.prepared())) {
    remove_torn_targets(job.tree());
    co_return Status();
  }
  std::error_code error;
  fs::remove_all(job.layout.work(job.id), error);
  fs::remove(job.layout.log(job.id), error);
  Status prepared;
  if (base != nullptr) {
    prepared = co_await prepare_from_base(job, *base);
  } else {
    prepared = co_await prepare_from_source(job);
  }
  if (!prepared) {
    co_return prepared;
  }
  co_return write_file(job.prepared(), "");
}

/// Builds under the lock of the job. A tree that failed is of no use to the next attempt; one that was cut
/// off is.
Task<Result<Kernel>> build_locked(const Job& job, const Job* base) {
  Status done = co_await prepare(job, base);
  if (done) {
    done = co_await make_kernel(job, base != nullptr);
  }
  std::error_code error;
  if (!done) {
    if (done.error().kind() == Failure::build) {
      fs::remove_all(job.layout.work(job.id), error);
    }
    co_return done.error();
  }
  auto kernel = store(job);
  if (!kernel) {
    co_return kernel;
  }
  if (base != nullptr) {
    fs::remove_all(job.layout.work(job.id), error);
  } else if (auto marked = write_file(job.compiled(), ""); !marked) {
    co_return marked.error();
  }
  fs::remove(job.layout.log(job.id), error);
  co_return kernel;
}

/// The kernel of the job from the cache or built now; with `objects`, its tree is there as well.
Task<Result<Kernel>> obtain(const Job& job, const Job* base, bool objects) {
  const auto there = [&]() -> std::optional<Kernel> {
    return !objects || is_there(job.compiled()) ? load_kernel(job.layout, job.id) : std::nullopt;
  };
  if (auto kernel = there()) {
    co_return std::move(*kernel);
  }
  auto lock = co_await lock_in_turn(job.layout, job.id, "building " + job.variant.name, job.meter);
  if (!lock) {
    co_return lock.error();
  }
  if (auto kernel = there()) {
    co_return std::move(*kernel);
  }
  co_return co_await build_locked(job, base);
}

/// Applies the series to copies of the files that it touches: a patch that does not fit is told before the
/// base is built, which may take minutes.
Task<Status> try_series(const Job& job) {
  auto source = co_await unpacked_source(job.layout, job.inputs.source, job.meter);
  if (!source) {
    co_return source.error();
  }
  const auto trial = job.layout.work(job.id + ".trial");
  std::error_code error;
  fs::remove_all(trial, error);
  Status applied;
  for (const auto& patch : job.variant.patches) {
    applied = copy_patched_files(*source, trial, patch);
    if (applied) {
      applied = co_await apply_patch(trial, patch);
    }
    if (!applied) {
      break;
    }
  }
  fs::remove_all(trial, error);
  co_return applied;
}

/// A variant by way of its outermost base, whose objects it starts from.
Task<Result<Kernel>> obtain_over_base(const Job& job) {
  if (auto kernel = load_kernel(job.layout, job.id)) {
    co_return std::move(*kernel);
  }
  auto variant = outermost_base(job.variant);
  if (!variant) {
    co_return variant.error();
  }
  auto base = co_await make_job(std::move(*variant), job.options, job.meter);
  if (!base) {
    co_return base.error();
  }
  constexpr double share_of_base = 0.9;
  if (!is_there(base->compiled())) {
    job.meter.begin_inner(base->variant.name, share_of_base);
    job.meter.enter(0, 0.10, false);
    auto fits = co_await try_series(job);
    if (!fits) {
      co_return fits.error();
    }
  }
  auto built = co_await obtain(*base, nullptr, true);
  if (!built) {
    co_return built.error().within("build " + base->variant.name);
  }
  job.meter.end_inner();
  co_return co_await obtain(job, &*base, false);
}

}  // namespace

Task<Result<std::string>> kernel_id(Variant variant, BuilderOptions options) {
  auto inputs = co_await gather_inputs(std::move(variant), std::move(options));
  if (!inputs) {
    co_return inputs.error();
  }
  co_return identity_of(*inputs);
}

Task<Result<std::string>> kernel_id(const Variant& variant) { return kernel_id(variant, BuilderOptions()); }

Task<Result<std::optional<Kernel>>> find_built(Variant variant, BuilderOptions options) {
  const CacheLayout layout(options.cache);
  auto id = co_await kernel_id(std::move(variant), std::move(options));
  if (!id) {
    co_return id.error();
  }
  co_return load_kernel(layout, *id);
}

Task<Result<Kernel>> build(Variant variant, BuilderOptions options, ProgressSink progress) {
  const auto name = variant.name;
  const auto action = "build " + name;
  std::error_code error;
  options.cache = fs::absolute(options.cache, error);
  ProgressMeter meter(name, std::move(progress));
  auto job = co_await make_job(std::move(variant), std::move(options), meter);
  if (!job) {
    co_return job.error().within(action);
  }
  if (auto made = job->layout.prepare(); !made) {
    co_return made.error().within(action);
  }
  Result<Kernel> kernel = Error();
  if (job->variant.base.empty()) {
    kernel = co_await obtain(*job, nullptr, false);
  } else {
    kernel = co_await obtain_over_base(*job);
  }
  if (!kernel) {
    co_return kernel.error().within(action);
  }
  meter.enter(1, 1, false);
  meter.step("done", 1);
  co_return kernel;
}

}  // namespace assay::kernel
