// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"

#include <filesystem>

namespace assay::kernel {

/// Packs a newc archive that holds `agent` as /init, the folders /dev /proc /sys /tmp and the node
/// /dev/console, nothing else, with all times zero: the same agent gives the same bytes.
/// Written beside `target` and renamed. Error: infrastructure.
[[nodiscard]] Status pack_initramfs(const std::filesystem::path& agent, const std::filesystem::path& target);

}  // namespace assay::kernel
