// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "base/mistakes.hpp"
#include "base/table_reader.hpp"
#include "base/units.hpp"
#include "machine/spec.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace assay::experiment {

/// "512M": memory of a machine, or a disk: whole MiB from `least` to 1024G. Error: usage.
[[nodiscard]] Result<Bytes> parse_mebibytes(std::string_view text, Bytes least);

inline constexpr Bytes least_memory = mib(64);
inline constexpr unsigned most_vcpus = 255;
inline constexpr unsigned most_nodes = 64;  // CONFIG_NODES_SHIFT of a kernel that says nothing else
/// DIMMs come whole: a kernel's blocks of memory have as much.
inline constexpr Bytes dimm_unit = mib(128);

/// Reads what a [machines.NAME] has. What it has not stays as `spec` has it.
void read_machine(TableReader& reader, machine::MachineSpec& spec, Mistakes& mistakes);

/// So many nodes that divide the machine's vCPUs and MiB of memory as they come: what does not divide evenly
/// the first have more, and with too few vCPUs the last have none. Of one: none at all.
[[nodiscard]] std::vector<machine::Node> divided(const machine::MachineSpec& spec, std::size_t nodes);

}  // namespace assay::experiment
