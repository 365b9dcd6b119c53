// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

namespace assay::agent {

/// The file that a command's first word means: itself when it has a "/", else what PATH of `environment` has
/// under that name; "" when there is none.
[[nodiscard]] std::string find_program(const std::string& word, const std::vector<std::string>& environment);

/// Whether a file without an own way to be run is one for the shell, as execvp() takes it: text and no ELF.
[[nodiscard]] bool is_for_shell(const std::string& path);

/// Why the kernel did not execute a file, as far as the file tells: "its interpreter /bin/bash is not there",
/// "it is a program for aarch64". "" when it does not tell.
[[nodiscard]] std::string why_not_executed(const std::string& path);

}  // namespace assay::agent
