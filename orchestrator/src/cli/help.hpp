// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/verb.hpp"

#include <string>

namespace assay::cli {

/// What `assay VERB --help` prints, 80 columns wide.
[[nodiscard]] std::string help_text(const CLI::App& verb);

/// Prints it.
[[nodiscard]] Action print_help(const CLI::App& verb);

/// Adds `assay help [COMMAND...]`, after all other verbs. With the hidden --man FOLDER it writes a manual
/// page for each verb there.
void add_help(CLI::App& app, Globals& globals, Action& chosen);

}  // namespace assay::cli
