// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assay::kernel {

/// What is not unpacked, as tar's --exclude and fnmatch() read it: "*" matches "/" as well. Only code goes:
/// Kconfig reads the Kconfig files of all architectures and drivers, and make their Makefiles.
[[nodiscard]] const std::vector<std::string>& left_out_patterns();

/// The same for a .gitignore.
[[nodiscard]] std::string left_out_for_git();

/// True when `file`, relative to the tree, is left out.
[[nodiscard]] bool is_left_out(std::string_view file);

}  // namespace assay::kernel
