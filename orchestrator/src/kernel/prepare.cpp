// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/job.hpp"
#include "kernel/patch.hpp"
#include "kernel/source.hpp"
#include "kernel/tree.hpp"

#include <unistd.h>

#include <system_error>

namespace assay::kernel {
namespace {

/// Measured with 6.12: 400 MiB of source, 170 MiB of objects, 20 MiB of kernel; the rest is for temporary
/// files.
constexpr Bytes base_needs = mib(900);
/// With all drivers, of which some are compiled.
constexpr Bytes whole_base_needs = mib(3000);
/// Hard links to the source, a copy of the objects.
constexpr Bytes variant_needs = mib(300);

Status check_space(const Job& job, Bytes needed) {
  const auto free = free_space(job.options.cache);
  if (free && *free < needed) {
    return fail(Failure::infrastructure, "{} has {} free{}{}", job.options.cache.string(), human(*free),
                no_space_mark, human(needed));
  }
  return {};
}

Task<Status> apply_series(const Job& job, std::size_t already_there) {
  const auto tree = job.tree();
  for (auto i = already_there; i < job.variant.patches.size(); ++i) {
    const auto& patch = job.variant.patches[i];
    job.meter.step("applying " + patch.name, 1);
    auto applied = co_await apply_patch(tree, patch);
    if (!applied) {
      co_return applied;
    }
  }
  co_return Status();
}

/// Source and patches from nothing.
Task<Status> prepare_from_source(const Job& job) {
  if (auto enough = check_space(job, job.inputs.source.whole ? whole_base_needs : base_needs); !enough) {
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

}  // namespace

Task<Status> prepare(const Job& job, const Job* base) {
  std::error_code error;
  if (fs::exists(job.prepared(), error)) {
    remove_torn_targets(job.tree());
    co_return Status();
  }
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

Task<Status> try_series(const Job& job) {
  auto source = co_await unpacked_source(job.layout, job.inputs.source, job.meter);
  if (!source) {
    co_return source.error();
  }
  const auto trial = job.layout.work(fmt::format("{}.trial-{}", job.id, ::getpid()));
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

}  // namespace assay::kernel
