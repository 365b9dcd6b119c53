// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/arch.hpp"
#include "base/async.hpp"
#include "base/error.hpp"
#include "kernel/config.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::kernel {

/// What kbuild calls an architecture, and what it makes for it.
struct Target {
  std::string_view kbuild_arch;  ///< ARCH=
  std::string_view source_arch;  ///< the folder in arch/
  std::string_view goal;         ///< what make is asked for
  std::string_view image;        ///< where the bootable file lies then
  std::string_view tools;        ///< CROSS_COMPILE=, the prefix of the compiler's name; "" for the host's own
};

[[nodiscard]] const Target& target_of(Arch arch);

enum class Compiler : std::uint8_t { gcc, clang };

/// The compiler that a kernel of these options wants: clang where they ask for it, or for what only clang
/// has. What `over` says of it counts before `start`, as with all options.
[[nodiscard]] Compiler compiler_for(const Options& start, const Options& over);

/// What make is told about the compiler, with `ccache` ("ccache " or "") in front of it.
[[nodiscard]] std::vector<std::string> compiler_arguments(const Target& target, Compiler compiler,
                                                          std::string_view ccache);

/// The first lines that the compiler and the linker print for --version. Errors: usage (clang builds no
/// kernels for the architecture), infrastructure, says what to install.
Task<Result<std::string>> compiler_version(Arch arch, Compiler compiler);

/// What the build of any kernel starts, but for the compiler of another architecture.
struct BuildProgram {
  const char* name;
  const char* package;
  const char* purpose;  ///< "builds kernels"
};
[[nodiscard]] std::span<const BuildProgram> build_programs();

/// Whether what builds kernels, but for the compiler, is on PATH. Error: infrastructure, says what to
/// install.
[[nodiscard]] Status check_programs();

/// What every tree has that a kernel of the architecture can be built from.
[[nodiscard]] std::vector<std::string> kernel_files(Arch arch);

}  // namespace assay::kernel
