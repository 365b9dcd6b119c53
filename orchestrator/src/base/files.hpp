// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "base/handle.hpp"
#include "base/units.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace assay {

namespace fs = std::filesystem;

/// Whether anything is there; also false when nobody may know.
[[nodiscard]] bool is_there(const fs::path& path);

/// The whole file. Error: infrastructure, names the path and the reason.
[[nodiscard]] Result<std::string> read_file(const fs::path& path);

/// Writes beside the target and renames over it: a reader sees the old file or the new one, whole.
/// A full disk is an infrastructure error that names the path and how much space was needed.
[[nodiscard]] Status write_file(const fs::path& path, std::string_view content);

[[nodiscard]] Status make_directories(const fs::path& path);

/// An exclusive flock() held until destruction; the file stays.
class FileLock {
 public:
  /// Nothing when another process holds it. Makes the file and its folder. Error: infrastructure.
  [[nodiscard]] static Result<std::optional<FileLock>> try_acquire(const fs::path& path);

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

/// ${XDG_CACHE_HOME:-~/.cache}/assay.
[[nodiscard]] fs::path cache_directory();

/// Bytes that an unprivileged user may still write where `path` (or its nearest parent) lives.
[[nodiscard]] Result<Bytes> free_space(const fs::path& path);

}  // namespace assay
