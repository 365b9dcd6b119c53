// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/job.hpp"

#include "kernel/toolchain.hpp"

#include <utility>

namespace assay::kernel {

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

Task<Result<std::optional<Job>>> base_of(const Job& job) {
  if (job.variant.is_root) {
    co_return std::optional<Job>();
  }
  auto root = root_of(job.variant);
  auto base = co_await make_job(std::move(root), job.options, job.meter);
  if (!base) {
    co_return base.error();
  }
  if (base->inputs.compiler != job.inputs.compiler) {
    co_return std::optional<Job>();
  }
  co_return std::optional<Job>(std::move(*base));
}

Kbuild kbuild_of(const Job& job) {
  return {job.tree(),
          job.layout.log(job.id),
          job.layout.lock("make-" + job.id),
          target_of(job.variant.arch),
          job.inputs.compiler,
          job.layout.ccache(),
          job.options.jobs};
}

ConfigWish config_wish(const Job& job) {
  ConfigWish wish{job.inputs.start, job.inputs.options, {}};
  for (const auto& file : job.inputs.fragments) {
    wish.files.push_back(file.path);
  }
  return wish;
}

}  // namespace assay::kernel
