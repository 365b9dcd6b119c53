// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>

namespace assay::agent {

/// The agent as an ordinary program: what its arguments ask for. The value is the exit code.
[[nodiscard]] int run_as_program(std::span<char* const> arguments);

}  // namespace assay::agent
