// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "base/units.hpp"
#include "machine/spec.hpp"

#include <string_view>

namespace assay::experiment {

/// "512M": memory of a machine, or a disk to swap to: whole MiB from `least` to 1024G. Error: usage.
[[nodiscard]] Result<Bytes> parse_mebibytes(std::string_view text, Bytes least);

inline constexpr unsigned most_nodes = 8;

/// Whether a machine of this architecture and memory can have so many nodes. Error: usage.
[[nodiscard]] Status check_nodes(const machine::MachineSpec& spec);

}  // namespace assay::experiment
