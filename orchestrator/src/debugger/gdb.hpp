// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/arch.hpp"
#include "base/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace assay::debugger {

/// What gdb is to look at: a guest of this kernel.
struct Target {
  Arch arch = Arch::x86_64;
  std::filesystem::path vmlinux;
  std::filesystem::path socket;                ///< where QEMU listens for gdb
  std::vector<std::filesystem::path> scripts;  ///< files that gdb may load by itself: of a kernel built here
  std::vector<std::filesystem::path> sources;  ///< folders, of which the first that has a file counts
};

/// A gdb that knows the architecture, as Debian has it.
struct Gdb {
  const char* program;
  const char* package;
};
[[nodiscard]] Gdb gdb_for(Arch arch);

/// Error: infrastructure, it is not installed; says which package has it.
[[nodiscard]] Status check_gdb(Arch arch);

/// gdb's command line: with the kernel's symbols, attached to the guest, which stands still from then on.
/// `more` comes behind that, so that commands among it find it so.
[[nodiscard]] std::vector<std::string> gdb_command(const Target& target,
                                                   const std::vector<std::string>& more = {});

/// The same for a person who types it: as one line that a shell reads.
[[nodiscard]] std::string gdb_line(const Target& target);

}  // namespace assay::debugger
