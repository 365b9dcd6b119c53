// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/debug_sources.hpp"

#include "kernel/job.hpp"
#include "kernel/patch_apply.hpp"
#include "kernel/source.hpp"

#include <utility>

namespace assay::kernel {
namespace {

Task<Status> write_patched(fs::path source, fs::path own, std::vector<series::SeriesPatch> patches) {
  for (const auto& patch : patches) {
    if (auto copied = copy_patched_files(source, own, patch); !copied) {
      co_return copied;
    }
  }
  for (auto& patch : patches) {
    auto applied = co_await apply_patch(own, std::move(patch));
    if (!applied) {
      co_return applied;
    }
  }
  co_return Status();
}

}  // namespace

Task<Result<std::vector<fs::path>>> debug_sources(Variant variant, BuilderOptions options, fs::path own,
                                                  ProgressSink progress) {
  std::vector<fs::path> folders;
  if (variant.source.kind == SourceKind::prebuilt) {
    co_return folders;
  }
  const auto action = "find the source of " + variant.name;
  ProgressMeter meter(variant.name, std::move(progress));
  auto job = co_await make_job(std::move(variant), std::move(options), meter);
  if (!job) {
    co_return job.error().within(action);
  }
  auto source = co_await unpacked_source(job->layout, job->inputs.source, meter);
  if (!source) {
    co_return source.error().within(action);
  }
  if (!job->variant.patches.empty()) {
    if (auto made = make_directories(own); !made) {
      co_return made.error();
    }
    auto written = co_await write_patched(*source, own, job->variant.patches);
    if (!written) {
      co_return written.error().within(action);
    }
    folders.push_back(std::move(own));
  }
  folders.push_back(std::move(*source));
  co_return folders;
}

}  // namespace assay::kernel
