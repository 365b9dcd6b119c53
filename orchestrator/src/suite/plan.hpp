// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "image/initramfs.hpp"
#include "suite/dialect.hpp"
#include "suite/programs.hpp"
#include "suite/vmtests_script.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace assay::suite {

/// What one guest runs.
struct Category {
  std::string name;
  std::vector<std::string> arguments;  ///< of the program `guest_start`: a folder, a program, its arguments
  std::string not_run;                 ///< why there is nothing to run; "" when there is
};

/// A suite as it is on this host, ready to run.
struct Plan {
  std::string suite;    ///< "mm"
  std::string heading;  ///< "mm selftests"
  Dialect dialect = Dialect::vmtests;
  std::vector<Category> categories;
  std::vector<Planned> planned;  ///< tests that are known before they run
  std::vector<NotBuilt> not_built;
  std::filesystem::path folder;          ///< of the programs, where a category's test may be missing
  std::vector<image::HostFile> files;    ///< that all guests get
  std::vector<std::string> environment;  ///< of the programs, beside PATH, HOME and TERM
  std::string config;  ///< what the suite asks of a kernel, as a fragment; "" when it does not say
};

/// Prepares a guest and executes a program: "start FOLDER PROGRAM ARGUMENT...".
inline constexpr std::string_view guest_start = "/selftests/start";

/// Of a target of tools/testing/selftests: the categories of its run_vmtests.sh, else each program one.
/// Error: usage (it has no tests), infrastructure.
[[nodiscard]] Result<Plan> plan_of_target(const Programs& programs, const std::string& name);

/// Leaves only these categories; none: all. Error: usage, names those that there are.
[[nodiscard]] Status choose_categories(Plan& plan, const std::vector<std::string>& names);

/// Adds what the chosen categories need in a guest: start, the shell, interpreters, libraries. Files that a
/// suite shares are kept below `cache`. Errors: usage, infrastructure.
[[nodiscard]] Status add_needs(Plan& plan, const std::filesystem::path& cache);

}  // namespace assay::suite
