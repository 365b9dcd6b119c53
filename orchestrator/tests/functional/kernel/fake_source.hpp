// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/files.hpp"
#include "kernel/builder.hpp"
#include "kernel/check.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::kernel {

/// A source package of a few lines whose Makefile knows the goals that the builder asks for, with variants
/// "base" and "changed" over it, and a cache, all in a folder that goes with the test.
///
/// Its "compiler" copies: mm/memory.c becomes mm/memory.o, and both objects the kernel. A line "#error TEXT"
/// in a source is a compile error; a file "slow" beside the folder makes every object take two seconds.
class FakeSource {
 public:
  FakeSource();
  FakeSource(const FakeSource&) = delete;
  FakeSource& operator=(const FakeSource&) = delete;
  FakeSource(FakeSource&&) = delete;
  FakeSource& operator=(FakeSource&&) = delete;
  ~FakeSource();

  [[nodiscard]] const fs::path& root() const { return root_; }
  [[nodiscard]] BuilderOptions options() const;
  fs::path write(const fs::path& name, std::string_view content) const;
  [[nodiscard]] Variant variant(std::string_view name) const;
  /// The objects that were compiled so far, in order, also by builds that failed.
  [[nodiscard]] std::vector<std::string> compiled() const;
  /// Runs build() on an io_context of its own; all steps that it told go to `steps`.
  Result<Kernel> build(std::string_view name, std::vector<BuildProgress>* steps = nullptr) const;
  [[nodiscard]] Result<std::string> configuration(std::string_view name) const;
  std::optional<Kernel> find(std::string_view name) const;

 private:
  fs::path root_;
};

}  // namespace assay::kernel
