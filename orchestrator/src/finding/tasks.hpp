// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assay::finding {

/// Of what SysRq-T printed, the lines of the tasks of this name: for each its state and its stack. What other
/// keys printed behind it is not looked at.
[[nodiscard]] std::vector<std::string> tasks_called(std::string_view name,
                                                    const std::vector<std::string>& lines);

}  // namespace assay::finding
