// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/guest_program.hpp"

#include <string>

namespace assay::cli {

/// Where the guest's shell is.
inline constexpr const char* guest_busybox = "/bin/busybox";

/// `--busybox`, of a verb whose guest gets a shell.
void add_busybox_option(CLI::App& verb, std::string& option);

/// Brings a busybox for the architecture along, which is built when there is none, with all of its programs
/// under their names. `option` is that of --busybox. Errors: usage, interrupted, infrastructure.
Task<Status> bring_shell(Globals& globals, const Places& places, Arch arch, std::string option,
                         program::Request& request);

}  // namespace assay::cli
