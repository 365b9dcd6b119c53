// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/verb.hpp"

#include <string>
#include <vector>

namespace assay::cli {

/// All that the program does with the words behind its name: reads them, does what they ask for, hears
/// signals meanwhile, and tells on stderr what went wrong. The exit code. Once in a process, whose stdout and
/// signals it takes for its own.
[[nodiscard]] int answer(Globals& globals, const std::vector<std::string>& words);

}  // namespace assay::cli
