// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "machine/spec.hpp"

#include <string>

namespace assay::machine {

/// The guest kernel's whole command line.
[[nodiscard]] std::string kernel_command_line(const MachineSpec& machine, const BootSpec& boot);

/// Whether a kernel reads all of what the machine appends, and Assay works with it. Error: usage, names the
/// word and why.
[[nodiscard]] Status check_append(const MachineSpec& machine);

}  // namespace assay::machine
