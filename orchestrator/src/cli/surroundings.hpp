// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/exit_code.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace assay::cli {

/// What the manual says of the world around the program: tables that the tests compare with the sources and
/// with orchestrator/README.md.
struct Explained {
  std::string_view name;
  std::string_view text;
};

[[nodiscard]] const std::vector<Explained>& environment_variables();
[[nodiscard]] const std::vector<Explained>& files_of_program();

/// "Exit codes:" and a line for each, for a verb's footer.
[[nodiscard]] std::string exit_codes(const std::vector<ExitCode>& codes);
/// All that a verb which judges claims ends with.
[[nodiscard]] std::string exit_codes_of_runs();
/// All there are.
[[nodiscard]] std::string exit_codes_of_program();
/// Of what ends as a program in a guest does.
[[nodiscard]] std::string exec_exit_codes();

}  // namespace assay::cli
