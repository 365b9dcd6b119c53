// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "kernel/drivers.hpp"

#include <filesystem>
#include <vector>

namespace assay::kernel {

/// Packs a newc archive that holds `agent` as /init, the folders /dev /proc /sys /tmp and the node
/// /dev/console, and in /modules the drivers, whose names sort as they are to be loaded; nothing else, with
/// all times zero: the same agent gives the same bytes. Written beside `target` and renamed. Error:
/// infrastructure.
[[nodiscard]] Status pack_initramfs(const std::filesystem::path& agent, const std::vector<Driver>& drivers,
                                    const std::filesystem::path& target);

}  // namespace assay::kernel
