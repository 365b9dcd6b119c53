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

namespace assay::kernel {

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

}  // namespace assay::kernel
