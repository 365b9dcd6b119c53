// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/arch.hpp"
#include "base/async.hpp"
#include "base/error.hpp"

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

/// The first lines that the architecture's gcc and ld print for --version. Error: infrastructure, says what
/// to install.
Task<Result<std::string>> compiler_version(Arch arch);

/// Whether what builds kernels, but for the compiler, is on PATH. Error: infrastructure, says what to
/// install.
[[nodiscard]] Status check_programs();

/// What every tree has that a kernel of the architecture can be built from.
[[nodiscard]] std::vector<std::string> kernel_files(Arch arch);

}  // namespace assay::kernel
