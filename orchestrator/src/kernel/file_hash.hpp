// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"

#include <filesystem>
#include <string>

namespace assay::kernel {

/// SHA-256 of a large file, remembered below `cache` by path, size and time. Error: infrastructure.
Task<Result<std::string>> remembered_sha256(std::filesystem::path path, std::filesystem::path cache);

/// One hash over the names, modes and contents of all files below `folder`; symbolic links count as what they
/// say. Remembered in the same way. Error: infrastructure.
Task<Result<std::string>> remembered_folder_sha256(std::filesystem::path folder, std::filesystem::path cache);

}  // namespace assay::kernel
