// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace assay::kernel {

/// A module on the host.
struct ModuleFile {
  std::string name;  ///< "virtio_pci", with "_" where its file may have "-"
  std::filesystem::path path;
  std::string place;  ///< below lib/modules/RELEASE: "kernel/drivers/virtio/virtio_pci.ko"
};

/// The modules in `folder`, sorted by place: a folder lib/modules/RELEASE, or one of a build, in its order
/// file.
[[nodiscard]] std::vector<ModuleFile> modules_in(const std::filesystem::path& folder);

/// A file that these name, as kernels compare names: "-" is "_".
[[nodiscard]] std::string module_name(std::string_view file);

/// The values of one key of a module's own description: "depends", "alias", "vermagic".
[[nodiscard]] std::vector<std::string_view> values_in(std::string_view module, std::string_view key);

}  // namespace assay::kernel
