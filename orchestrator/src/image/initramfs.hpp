// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace assay::image {

/// A file that a guest finds, mode 0644. The folders above it are made.
struct GuestFile {
  std::string path;  ///< from the root: "etc/passwd"
  std::string content;
};

/// Packs a newc archive that holds `agent` as /init and as /sbin/modprobe, the folders /dev /proc /sys /tmp
/// /root, the node /dev/console, who root and nobody are in /etc, and `files`; nothing else, with all times
/// zero: the same input gives the same bytes. Written beside `target` and renamed. Error: infrastructure.
[[nodiscard]] Status pack_initramfs(const std::filesystem::path& agent, const std::vector<GuestFile>& files,
                                    const std::filesystem::path& target);

}  // namespace assay::image
