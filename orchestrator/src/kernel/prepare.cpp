// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/prepare.hpp"

#include "base/scratch_folder.hpp"
#include "base/text.hpp"
#include "kernel/kbuild.hpp"
#include "kernel/patch_apply.hpp"
#include "kernel/source.hpp"
#include "kernel/toolchain.hpp"
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

/// The unpacked source, which is a kernel's.
Task<Result<fs::path>> kernel_source(const Job& job) {
  auto source = co_await unpacked_source(job.layout, job.inputs.source, job.meter);
  if (!source) {
    co_return source;
  }
  if (auto kernel = check_tree(*source, kernel_files(job.variant.arch)); !kernel) {
    co_return fail(Failure::usage, "{} is no kernel's source: {}", job.variant.source.text(),
                   kernel.error().text());
  }
  co_return source;
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
  auto source = co_await kernel_source(job);
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
  auto source = co_await kernel_source(job);
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

/// Copies of the files that a series touches, as they are in the source.
Status copy_touched(const ScratchFolder& trial, const fs::path& source,
                    const std::vector<series::SeriesPatch>& patches) {
  trial.clear();
  for (const auto& patch : patches) {
    if (auto copied = copy_patched_files(source, trial.path(), patch); !copied) {
      return copied;
    }
  }
  return {};
}

/// Which of the patches from `first` on the source has already. They are peeled off, the last one first.
Task<Result<std::vector<bool>>> those_there(const ScratchFolder& trial,
                                            std::vector<series::SeriesPatch> patches, std::size_t first) {
  for (std::size_t i = 0; i < first; ++i) {
    auto applied = co_await apply_patch(trial.path(), patches[i]);
    if (!applied) {
      co_return applied.error();
    }
  }
  std::vector<bool> there(patches.size() - first);
  const auto peeled = series::reversed(patches);
  for (std::size_t i = there.size(); i > 0; --i) {
    auto applied = co_await is_applied(trial.path(), patches[first + i - 1]);
    if (!applied) {
      co_return applied.error();
    }
    there[i - 1] = *applied;
    if (*applied) {
      auto taken = co_await apply_patch(trial.path(), peeled[there.size() - i]);
      if (!taken) {
        co_return taken.error();
      }
    }
  }
  co_return there;
}

/// Of a series that does not fit: "patch 2/3 is already in the source"; "" when none is, or there is but one.
Task<Result<std::string>> already_there(const ScratchFolder& trial, fs::path source, Variant variant,
                                        std::size_t failed) {
  const auto first = failed >= variant.root_patches ? variant.root_patches : 0;
  const auto& patches = variant.patches;
  if (patches[failed].reverse) {
    co_return std::string();
  }
  if (auto filled = copy_touched(trial, source, patches); !filled) {
    co_return filled.error();
  }
  auto there = co_await those_there(trial, patches, first);
  if (!there) {
    co_return there.error();
  }
  std::vector<std::string> numbers;
  std::string names;
  for (std::size_t i = 0; i < there->size(); ++i) {
    if ((*there)[i]) {
      numbers.push_back(fmt::format("{}/{}", i + 1, there->size()));
      names += "\n  " + patches[first + i].where();
    }
  }
  if (numbers.empty() || there->size() == 1) {
    co_return std::string();
  }
  const bool one = numbers.size() == 1;
  const auto which =
      numbers.size() == there->size()
          ? fmt::format("all {} patches of the series are", numbers.size())
          : fmt::format("{} {} {}", one ? "patch" : "patches", listed(numbers), one ? "is" : "are");
  co_return fmt::format("{} already in the source{}:{}", which,
                        numbers.size() == there->size() ? ""
                        : one                           ? "; leave it out"
                                                        : "; leave them out",
                        names);
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
  auto source = co_await kernel_source(job);
  if (!source) {
    co_return source.error();
  }
  const ScratchFolder trial(job.layout.work(fmt::format("{}.trial-{}", job.id, ::getpid())));
  auto made = copy_touched(trial, *source, job.variant.patches);
  if (!made) {
    co_return made;
  }
  std::size_t number = 0;
  for (const auto& patch : job.variant.patches) {
    auto applied = co_await apply_patch(trial.path(), patch);
    if (!applied) {
      const auto failure = applied.error();
      const auto there = co_await already_there(trial, *source, job.variant, number);
      co_return !there ? there.error() : there->empty() ? failure : Error(Failure::build, *there);
    }
    ++number;
  }
  co_return Status();
}

}  // namespace assay::kernel
