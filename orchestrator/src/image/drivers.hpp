// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "image/initramfs.hpp"

#include <filesystem>
#include <vector>

namespace assay::image {

/// The modules in `modules` (as kernel::modules_in() takes them) that a guest needs before it can talk:
/// virtio's PCI transport and console, with what they depend on, as files /modules/NN-NAME.ko that sort as
/// they are to be loaded. Those that the folder lacks are taken to be built in. Error: infrastructure (a file
/// that cannot be read or unpacked).
[[nodiscard]] Result<std::vector<GuestFile>> guest_drivers(const std::filesystem::path& modules);

}  // namespace assay::image
