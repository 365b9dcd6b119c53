// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "base/process.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace assay::kernel {

/// Whose git settings count: the user's for repositories of theirs (safe.directory, proxies), nobody's for
/// ours.
enum class Settings : std::uint8_t { user, none };

/// A command that is git, or runs it. What a git hook or `git bisect run` put into the environment must not
/// lead it to another repository.
[[nodiscard]] Command git_command(std::vector<std::string> argv, Settings settings);

/// Runs it. Error: infrastructure, with git's words.
Task<Result<std::string>> run_git(std::vector<std::string> argv, Settings settings);

}  // namespace assay::kernel
