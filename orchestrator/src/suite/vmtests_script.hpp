// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assay::suite {

/// A line of run_vmtests.sh that runs a test.
struct Planned {
  std::string category;
  std::string name;     ///< the command as the script prints it: "cow", "gup_test -ct -F 0x1 0 19 0x1000"
  std::string program;  ///< "gup_test"; "" where only the shell knows which
};

/// What `CATEGORY="x" run_test ./y` of the script name, in its order.
[[nodiscard]] std::vector<Planned> planned_tests(std::string_view script);

/// Each once, in the order of the script.
[[nodiscard]] std::vector<std::string> categories_of(const std::vector<Planned>& tests);

/// A command without "bash" and "./", as newer scripts print it.
[[nodiscard]] std::string pretty_name(std::string_view command);

}  // namespace assay::suite
