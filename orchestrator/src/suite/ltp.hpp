// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "suite/plan.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace assay::suite {

/// A line of a file below runtest/.
struct LtpCommand {
  std::string name;     ///< "mmap10_1"
  std::string command;  ///< for a shell: "mmap10 -a"
  std::string program;  ///< "mmap10"; "" when only the shell knows
  bool operator==(const LtpCommand&) const = default;
};

/// "name command" on each line; comments and empty lines are left out.
[[nodiscard]] std::vector<LtpCommand> ltp_commands(std::string_view text);

/// The tests of runtest/mm in a folder of LTP, each a category, with those programs that are built: in
/// testcases/bin of an installed LTP, or where make left them below testcases/ of its source. Error: usage,
/// says what is missing and how it is built.
[[nodiscard]] Result<Plan> plan_of_ltp(const std::filesystem::path& folder);

}  // namespace assay::suite
