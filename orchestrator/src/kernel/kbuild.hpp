// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "kernel/config.hpp"
#include "kernel/progress.hpp"
#include "kernel/toolchain.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace assay::kernel {

/// One kernel tree and how to call make in it.
struct Kbuild {
  std::filesystem::path tree;
  std::filesystem::path log;   ///< make's output is added here
  std::filesystem::path lock;  ///< held by make and its compilers, so that two never work in one tree
  Target target;
  std::filesystem::path ccache;  ///< what was compiled before, in any tree
  unsigned jobs = 0;             ///< 0: one per online CPU
};

/// Writes .config from nothing but `options`, or from `options` laid over `start` where that is not empty.
/// Errors: build, names each of the `options` that Kconfig dropped.
Task<Status> configure(Kbuild kbuild, Options start, Options options, ProgressMeter& meter);

/// Compiles. `expected` is about how many lines make will print. Errors: build, quotes the compiler;
/// infrastructure when the disk is full.
Task<Status> compile(Kbuild kbuild, std::size_t expected, ProgressMeter& meter);

/// The lines of a make log that say what went wrong, the first dozen.
[[nodiscard]] std::string first_errors(const std::vector<std::string>& log);

}  // namespace assay::kernel
