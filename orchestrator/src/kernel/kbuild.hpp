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
  Compiler compiler = Compiler::gcc;
  std::filesystem::path ccache;  ///< what was compiled before, in any tree
  unsigned jobs = 0;             ///< 0: one per online CPU
};

/// How a kernel shall be configured.
struct ConfigWish {
  Options start;                             ///< a whole .config, or empty for allnoconfig
  Options options;                           ///< laid over it
  std::vector<std::filesystem::path> files;  ///< where these stand, the last one counts
};

/// Writes .config. Returns a note about options of `start` that this kernel does not have, or "".
/// Errors: build, names each option that is not as it was asked for.
Task<Result<std::string>> configure(Kbuild kbuild, ConfigWish wish, ProgressMeter& meter);

/// Compiles the kernel, and its modules where the configuration has any. `expected` is about how many lines
/// make will print. Errors: build, quotes the compiler; infrastructure when the disk is full.
Task<Status> compile(Kbuild kbuild, std::size_t expected, ProgressMeter& meter);

/// The folder lib/modules/RELEASE that compile() made, or "" for a kernel without modules.
[[nodiscard]] std::filesystem::path modules_of(const std::filesystem::path& tree, const std::string& release);

/// The kernel's own commands for gdb, by their paths in the tree; none without CONFIG_GDB_SCRIPTS.
[[nodiscard]] std::vector<std::filesystem::path> gdb_scripts_of(const std::filesystem::path& tree);

/// The lines of a make log that say what went wrong, the first dozen.
[[nodiscard]] std::string first_errors(const std::vector<std::string>& log);

}  // namespace assay::kernel
