// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "kernel/cache.hpp"
#include "kernel/identity.hpp"
#include "kernel/kbuild.hpp"
#include "kernel/kernel.hpp"
#include "kernel/progress.hpp"
#include "kernel/variant.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace assay::kernel {

/// What the error of a disk that is too small says.
inline constexpr std::string_view no_space_mark = ", and the build needs ";

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

/// With all inputs gathered. Errors: as gather_inputs().
Task<Result<Job>> make_job(Variant variant, BuilderOptions options, ProgressMeter& meter);

/// The build whose objects this one starts from; none for a root, or where they are of another compiler.
/// Errors: as gather_inputs().
Task<Result<std::optional<Job>>> base_of(const Job& job);

[[nodiscard]] Kbuild kbuild_of(const Job& job);
[[nodiscard]] ConfigWish config_wish(const Job& job);

/// Makes `job.tree()` hold the source and the patches, anew or from where an earlier attempt was cut off;
/// with a base, also the base's objects. Errors: as build().
Task<Status> prepare(const Job& job, const Job* base);

/// Applies the patches to copies of the files that they touch, before a base is built, which may take
/// minutes. Errors: as build().
Task<Status> try_series(const Job& job);

}  // namespace assay::kernel
