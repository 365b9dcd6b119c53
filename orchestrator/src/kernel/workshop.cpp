// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/workshop.hpp"

#include "base/process.hpp"
#include "kernel/build_job.hpp"
#include "kernel/cache_lock.hpp"
#include "kernel/patch_apply.hpp"
#include "kernel/prepare.hpp"
#include "series/patch.hpp"

#include <system_error>
#include <utility>

namespace assay::kernel {

Task<Result<std::unique_ptr<Workshop>>> Workshop::open(Variant variant, BuilderOptions options,
                                                       std::string name, ProgressSink progress) {
  std::error_code error;
  options.cache = fs::absolute(options.cache, error);
  auto meter = std::make_unique<ProgressMeter>(variant.name, std::move(progress));
  const auto action = "build " + variant.name;
  auto job = co_await make_job(std::move(variant), std::move(options), *meter);
  if (!job) {
    co_return job.error().within(action);
  }
  if (auto made = job->layout.prepare(); !made) {
    co_return made.error().within(action);
  }
  auto base = co_await base_of(*job);
  if (!base) {
    co_return base.error().within(action);
  }
  if (*base) {
    const auto built = co_await obtain(**base, nullptr, true);
    if (!built) {
      co_return built.error().within("build " + (**base).variant.name);
    }
  } else {
    // Its own objects are as good as those of a base that has the same patches.
    const auto built = co_await obtain(*job, nullptr, true);
    if (!built) {
      co_return built.error().within(action);
    }
    base->emplace(*job);
  }
  job->id += "." + name;
  auto lock = co_await lock_in_turn(job->layout, job->id, "building " + job->variant.name, *meter);
  if (!lock) {
    co_return lock.error();
  }
  fs::remove_all(job->layout.work(job->id), error);  // of one that was killed
  auto prepared = co_await prepare(*job, &**base);
  if (!prepared) {
    co_return prepared.error().within(action);
  }
  const auto made = co_await make_kernel(*job, true);
  if (!made) {
    co_return made.error().within(action);
  }
  co_return std::unique_ptr<Workshop>(new Workshop(std::move(meter), std::move(*job), std::move(*lock)));
}

Task<> Workshop::remove() {
  Command command;
  command.argv = {"rm", "-rf", "--", job_.layout.work(job_.id)};
  (void)co_await run_process(std::move(command));  // what it leaves the destructor removes
}

Workshop::~Workshop() {
  std::error_code ignored;
  fs::remove_all(job_.layout.work(job_.id), ignored);
  fs::remove(job_.layout.log(job_.id), ignored);
}

Status Workshop::change_back() {
  for (const auto& [file, text] : changed_) {
    if (auto written = write_file(job_.tree() / file, text); !written) {
      return written;
    }
  }
  changed_.clear();
  return {};
}

Task<Status> Workshop::change(series::SeriesPatch patch) {
  const auto files = series::parse_patch(patch.text);
  if (!files) {
    co_return files.error();
  }
  for (const auto& file : *files) {
    auto original = read_file(job_.tree() / file.old_path);
    if (!original) {
      co_return original.error();
    }
    changed_.emplace(file.old_path, std::move(*original));
  }
  co_return co_await apply_patch(job_.tree(), std::move(patch));
}

Task<Result<Kernel>> Workshop::build(Variant changed) {
  const auto action = "build " + changed.name;
  auto patch = changed.patches.back();
  auto job = co_await make_job(std::move(changed), job_.options, *meter_);
  if (!job) {
    co_return job.error().within(action);
  }
  if (auto kernel = load_kernel(job_.layout, job->id)) {
    co_return std::move(*kernel);
  }
  if (auto back = change_back(); !back) {
    co_return back.error().within(action);
  }
  auto applied = co_await change(std::move(patch));
  if (!applied) {
    co_return applied.error().within(action);
  }
  const auto compiled = co_await compile(kbuild_of(job_), expected_lines(job_, true), *meter_);
  if (!compiled) {
    co_return compiled.error().within(action);
  }
  auto stored = store(*job, job_, "");
  co_return stored ? std::move(stored) : Result<Kernel>(stored.error().within(action));
}

}  // namespace assay::kernel
