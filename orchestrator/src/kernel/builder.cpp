// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/builder.hpp"

#include "base/text.hpp"
#include "kernel/build_job.hpp"
#include "kernel/cache_lock.hpp"
#include "kernel/debian_image.hpp"
#include "kernel/job.hpp"
#include "kernel/kbuild.hpp"
#include "kernel/prebuilt.hpp"
#include "kernel/prepare.hpp"
#include "kernel/toolchain.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace assay::kernel {
namespace {

/// Copies the kernel into the cache; its modules stay where they are.
/// Error: usage: the image does not say which release it is.
Result<Kernel> store_prebuilt(const Job& job) {
  const auto& files = job.inputs.source.files;
  const auto image = read_file(files.where);
  if (!image) {
    return image.error();
  }
  Artefacts artefacts;
  artefacts.release = release_in(*image);
  if (artefacts.release.empty()) {
    return fail(Failure::usage, "{} is no kernel: neither a bzImage nor an uncompressed vmlinux",
                files.where);
  }
  artefacts.image = files.where;
  artefacts.vmlinux = files.vmlinux;
  artefacts.system_map = files.system_map;
  artefacts.config = files.config;
  artefacts.modules = files.modules;
  artefacts.provenance = provenance_text(job.variant, job.inputs, job.id, artefacts.release);
  return store_kernel(job.layout, job.id, artefacts);
}

/// By way of its base, where it has one.
Task<Result<Kernel>> obtain_over_base(const Job& job) {
  if (auto kernel = load_kernel(job.layout, job.id)) {
    co_return std::move(*kernel);
  }
  auto base = co_await base_of(job);
  if (!base) {
    co_return base.error();
  }
  if (!*base) {
    co_return co_await obtain(job, nullptr, false);
  }
  constexpr double share_of_base = 0.9;
  if (!is_there((**base).compiled())) {
    job.meter.begin_inner((**base).variant.name, share_of_base);
  }
  auto built = co_await obtain(**base, nullptr, true);
  if (!built) {
    co_return built.error().within("build " + (**base).variant.name);
  }
  job.meter.end_inner();
  co_return co_await obtain(job, &**base, false);
}

/// Nothing is built: the files go into the cache.
Task<Result<Kernel>> obtain_prebuilt(const Job& job) {
  auto lock = co_await lock_in_turn(job.layout, job.id, "storing " + job.variant.name, job.meter);
  if (!lock) {
    co_return lock.error();
  }
  if (auto kernel = load_kernel(job.layout, job.id)) {
    co_return std::move(*kernel);
  }
  co_return store_prebuilt(job);
}

/// Whether the variant is a kernel of Debian's that is not on this host.
Task<Result<bool>> must_be_fetched(const Variant& variant, const CacheLayout& layout) {
  if (!names_debian_image(variant.source.where)) {
    co_return false;
  }
  auto files = co_await find_debian_image(variant.source.where, layout);
  if (!files) {
    co_return files.error();
  }
  co_return !files->has_value();
}

Task<Status> fetch_if_missing(const Variant& variant, const CacheLayout& layout, ProgressMeter& meter) {
  auto missing = co_await must_be_fetched(variant, layout);
  if (!missing) {
    co_return missing.error();
  }
  if (!*missing) {
    co_return Status();
  }
  co_return co_await fetch_debian_image(variant.source.where, layout, meter);
}

bool says_full(const Error& error) {
  const auto& text = error.text();
  return error.kind() == Failure::infrastructure && (text.find(no_space_mark) != std::string::npos ||
                                                     text.find(errno_text(ENOSPC)) != std::string::npos ||
                                                     text.find("is the disk full?") != std::string::npos);
}

/// A full disk is told with what could be freed.
Task<Error> with_hint(Error error, std::function<Task<std::string>()> when_full) {
  if (!when_full || !says_full(error)) {
    co_return error;
  }
  const auto hint = co_await when_full();
  co_return Error(error.kind(), error.text() + "; " + hint);
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
  auto missing = co_await must_be_fetched(variant, layout);
  if (!missing) {
    co_return missing.error();
  }
  if (*missing) {
    co_return std::nullopt;
  }
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
  const CacheLayout layout(options.cache);
  if (auto made = layout.prepare(); !made) {
    co_return made.error().within(action);
  }
  auto fetched = co_await fetch_if_missing(variant, layout, meter);
  if (!fetched) {
    co_return fetched.error().within(action);
  }
  auto job = co_await make_job(std::move(variant), std::move(options), meter);
  if (!job) {
    co_return job.error().within(action);
  }
  Result<Kernel> kernel = Error();
  if (job->inputs.source.kind == SourceKind::prebuilt) {
    kernel = co_await obtain_prebuilt(*job);
  } else {
    kernel = co_await obtain_over_base(*job);
  }
  if (!kernel) {
    auto when_full = job->options.when_full;
    auto failure = kernel.error();
    const auto hinted = co_await with_hint(std::move(failure), std::move(when_full));
    co_return hinted.within(action);
  }
  meter.enter(1, 1, false);
  meter.step("done", 1);
  co_return kernel;
}

Task<Result<fs::path>> base_tree(Variant variant, BuilderOptions options, ProgressSink progress) {
  std::error_code error;
  options.cache = fs::absolute(options.cache, error);
  ProgressMeter meter(variant.name, std::move(progress));
  auto root = variant.is_root ? std::move(variant) : root_of(variant);
  const auto action = "build " + root.name;
  if (auto made = CacheLayout(options.cache).prepare(); !made) {
    co_return made.error().within(action);
  }
  auto job = co_await make_job(std::move(root), std::move(options), meter);
  if (!job) {
    co_return job.error().within(action);
  }
  const auto built = co_await obtain(*job, nullptr, true);
  if (!built) {
    co_return built.error().within(action);
  }
  co_return job->tree();
}

}  // namespace assay::kernel
