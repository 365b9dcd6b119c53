// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace assay::kernel {

/// SHA-256 of a large file, remembered below `cache` by path, size and time. Error: infrastructure.
Task<Result<std::string>> remembered_sha256(std::filesystem::path path, std::filesystem::path cache);

/// One hash over the names and contents of these files below `folder`. Remembered in the same way. Error:
/// infrastructure.
Task<Result<std::string>> remembered_files_sha256(std::filesystem::path folder,
                                                  std::vector<std::filesystem::path> files,
                                                  std::filesystem::path cache);

}  // namespace assay::kernel
