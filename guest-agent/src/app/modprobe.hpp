// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::agent {

/// The modules, as paths below `folder` (lib/modules/RELEASE), that `name` or an alias of that name means,
/// each after what it depends on. Empty when the lists there know none.
[[nodiscard]] std::vector<std::string> modules_to_load(const std::filesystem::path& folder,
                                                       std::string_view name);

/// Whether the list of what is built into the kernel has it.
[[nodiscard]] bool is_built_in(const std::filesystem::path& folder, std::string_view name);

/// What a guest has as /sbin/modprobe, for its kernel and for programs: NAME [PARAMETER=VALUE ...]; options
/// are ignored. Returns the exit code: 0 when the module is there afterwards.
[[nodiscard]] int run_modprobe(std::span<char* const> arguments);

}  // namespace assay::agent
