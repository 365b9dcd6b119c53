// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "kernel/kernel.hpp"
#include "machine/spec.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace assay::run {

/// What `who`, a kernel, will not see of a machine, as its configuration tells; each for people. Nothing
/// where nobody knows the configuration. Errors: usage, infrastructure.
[[nodiscard]] Result<std::vector<std::string>> unseen_by(const kernel::Kernel& kernel, std::string_view who,
                                                         const machine::MachineSpec& machine,
                                                         std::string_view whose);

/// What QEMU is told beside what Assay says, or "".
[[nodiscard]] std::string qemu_options_note(const machine::MachineSpec& machine, std::string_view whose);

}  // namespace assay::run
