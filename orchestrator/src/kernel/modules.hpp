// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "base/units.hpp"
#include "image/initramfs.hpp"

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

/// Which modules come into a guest.
struct ModuleWish {
  std::filesystem::path folder;    ///< "": the kernel has none
  std::string release;             ///< of the kernel
  std::vector<std::string> names;  ///< these, with what they depend on, where all are too many
};

/// No more come by themselves: a guest of 512 MiB holds them twice while it unpacks its initramfs.
inline constexpr Bytes most_modules = mib(64);

/// Files for an initramfs: modules in lib/modules/RELEASE with the lists that modprobe reads.
struct GuestModules {
  std::vector<GuestFile> files;
  std::string note;  ///< what stayed behind and how to bring it, or ""
};

/// Errors: usage (a wished module that is not there, one that was built for another kernel), infrastructure
/// (a file that cannot be read or unpacked).
[[nodiscard]] Result<GuestModules> guest_modules(const ModuleWish& wish);

/// Differs when anything that guest_modules() would read does; reads no module. "" without modules.
[[nodiscard]] std::string stamp_of(const ModuleWish& wish);

}  // namespace assay::kernel
