// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"

#include <filesystem>
#include <vector>

namespace assay::kernel {

/// The patches that `folder`/series lists, in its order ('#' starts a comment, as quilt has it).
/// Error: usage, with file and line: no series file, a patch that is not there or not in the folder,
/// or no patch at all.
[[nodiscard]] Result<std::vector<std::filesystem::path>> read_series(const std::filesystem::path& folder);

}  // namespace assay::kernel
