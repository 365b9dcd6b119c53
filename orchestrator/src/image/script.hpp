// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace assay::image {

/// The first line of a script, as the kernel reads it.
struct Script {
  std::string interpreter;  ///< "" when the line names none, or no whole one
  std::string command;      ///< of env(1): what that looks for; else ""
};

/// Kernels go from script to interpreter this often (exec_binprm() of fs/exec.c).
inline constexpr int most_scripts = 5;

/// Nothing when the file does not begin with "#!", or cannot be read.
[[nodiscard]] std::optional<Script> read_script(const std::filesystem::path& path);

}  // namespace assay::image
