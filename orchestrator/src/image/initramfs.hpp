// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "base/units.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace assay::image {

/// A file that a guest finds. The folders above it are made.
struct GuestFile {
  std::string path;  ///< from the root: "etc/passwd"
  std::string content;
  unsigned mode = 0644;
  bool is_link = false;  ///< to `content`
};

/// A file of this host that a guest finds, with its permission bits.
struct HostFile {
  std::string path;  ///< in the guest, absolute
  std::filesystem::path host;
  std::string link;  ///< the path that it is a link to; then `host` says nothing
  bool operator==(const HostFile&) const = default;
};

/// All content.
[[nodiscard]] Bytes size_of(const std::vector<HostFile>& files);

/// Error: usage, names the file that cannot be read.
[[nodiscard]] Result<GuestFile> read_host_file(const HostFile& file);

/// Packs a newc archive that holds `agent` as /init and as /sbin/modprobe, the folders /dev /proc /sys /tmp
/// /root, the node /dev/console, who root and nobody are in /etc, and of `files` what these leave room for;
/// nothing else, with all times zero: the same input gives the same bytes. Written beside `target` and
/// renamed. Error: infrastructure.
[[nodiscard]] Status pack_initramfs(const std::filesystem::path& agent, const std::vector<GuestFile>& files,
                                    const std::filesystem::path& target);

}  // namespace assay::image
