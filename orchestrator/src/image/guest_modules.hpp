// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "base/units.hpp"
#include "image/initramfs.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace assay::image {

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

/// Differs when a file was written to, replaced or got other permissions; reads nothing of it.
[[nodiscard]] std::string stamp_of_file(const std::filesystem::path& file);
/// Differs when anything that guest_modules() would read does; reads no module. "" without modules.
[[nodiscard]] std::string stamp_of(const ModuleWish& wish);

}  // namespace assay::image
