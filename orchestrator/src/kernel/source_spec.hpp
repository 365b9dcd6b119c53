// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace assay::kernel {

enum class SourceKind : std::uint8_t { debian, directory, git, tarball, prebuilt };

/// Where a kernel's source is, or the kernel itself.
struct SourceSpec {
  SourceKind kind = SourceKind::debian;
  std::string where;     ///< the Debian package, a path, or the URL of a git repository; "" for none
  std::string revision;  ///< of a git repository: what `git rev-parse` takes

  /// Beside a prebuilt image, each may be "".
  std::filesystem::path modules;  ///< the folder lib/modules/RELEASE
  std::filesystem::path vmlinux;
  std::filesystem::path system_map;
  std::filesystem::path config;

  /// "linux-source-6.12", "git /home/me/linux v6.12": for people.
  [[nodiscard]] std::string text() const;
};

}  // namespace assay::kernel
