// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace assay::kernel {

/// A kernel module as the kernel loads it: unpacked.
struct Driver {
  std::string name;  ///< "virtio_pci"
  std::string content;
};

/// The modules in `modules` (a folder lib/modules/RELEASE) that a guest needs before it can talk: virtio's
/// PCI transport and console, with what they depend on, in the order in which they are loaded. Those that the
/// folder lacks are taken to be built in. Error: infrastructure (a file that cannot be read or unpacked).
[[nodiscard]] Result<std::vector<Driver>> guest_drivers(const std::filesystem::path& modules);

/// The names that a module's own description says it depends on.
[[nodiscard]] std::vector<std::string> dependencies_in(std::string_view module);

}  // namespace assay::kernel
