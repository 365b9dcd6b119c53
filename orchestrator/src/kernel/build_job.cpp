// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/build_job.hpp"

#include "base/text.hpp"
#include "kernel/cache_lock.hpp"
#include "kernel/kbuild.hpp"
#include "kernel/prepare.hpp"
#include "kernel/toolchain.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace assay::kernel {
namespace {

/// make prints about this many lines per option that is on (6.12, 592 options: 1600 lines).
constexpr double lines_per_option = 2.7;
/// The steps that every link of a kernel takes.
constexpr std::size_t link_lines = 40;

/// Builds under the lock of the job. A tree that failed is of no use to the next attempt; one that was cut
/// off is.
Task<Result<Kernel>> build_locked(const Job& job, const Job* base) {
  Status prepared = check_programs();
  if (prepared) {
    prepared = co_await prepare(job, base);
  }
  auto made = prepared ? Result<std::string>(std::string()) : Result<std::string>(prepared.error());
  if (prepared) {
    made = co_await make_kernel(job, base != nullptr);
  }
  std::error_code error;
  if (!made) {
    if (made.error().kind() == Failure::build) {
      fs::remove_all(job.layout.work(job.id), error);
    }
    co_return made.error();
  }
  auto kernel = store(job, job, std::move(*made));
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

}  // namespace

std::size_t expected_lines(const Job& job, bool from_base) {
  if (from_base && job.variant.fragments.size() == job.variant.root_fragments) {
    return link_lines + 2 * job.variant.patches.size();
  }
  const auto config = read_file(job.tree() / ".config");
  const auto on = config ? std::count(config->begin(), config->end(), '=') : 0;
  return link_lines + static_cast<std::size_t>(lines_per_option * static_cast<double>(on));
}

Task<Result<std::string>> make_kernel(const Job& job, bool from_base) {
  const auto kbuild = kbuild_of(job);
  job.meter.enter(0.12, 0.14, false);
  auto configured = co_await configure(kbuild, config_wish(job), job.meter);
  if (!configured) {
    co_return configured;
  }
  job.meter.enter(0.14, 0.99, true);
  auto compiled = co_await compile(kbuild, expected_lines(job, from_base), job.meter);
  if (!compiled) {
    co_return compiled.error();
  }
  co_return configured;
}

Result<Kernel> store(const Job& job, const Job& made, std::string note) {
  const auto tree = made.tree();
  auto release = read_file(tree / "include/config/kernel.release");
  if (!release) {
    return release.error();
  }
  Artefacts artefacts;
  artefacts.release = std::string(trimmed(*release));
  artefacts.image = tree / target_of(job.variant.arch).image;
  artefacts.vmlinux = tree / "vmlinux";
  artefacts.config = tree / ".config";
  artefacts.modules = modules_of(tree, artefacts.release);
  artefacts.own_modules = true;
  artefacts.gdb_scripts = gdb_scripts_of(tree);
  artefacts.note = std::move(note);
  artefacts.log = made.layout.log(made.id);
  artefacts.provenance = provenance_text(job.variant, job.inputs, job.id, artefacts.release);
  return store_kernel(job.layout, job.id, artefacts);
}

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

}  // namespace assay::kernel
