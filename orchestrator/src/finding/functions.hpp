// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

namespace assay::finding {

/// Functions that report, dispatch or trap: never the place where something happened.
[[nodiscard]] bool reports(std::string_view function);
/// Functions that everybody calls (locks, lists, copies, allocation, strings): the place is who called them.
[[nodiscard]] bool serves(std::string_view function);

/// Functions in which every task waits.
[[nodiscard]] bool waits(std::string_view function);
/// Functions by which memory is allocated.
[[nodiscard]] bool allocates(std::string_view function);
/// Functions that read under RCU, and complain.
[[nodiscard]] bool reads_rcu(std::string_view function);
/// Users of debugobjects and of kobjects, through which their complaints come.
[[nodiscard]] bool tracks_objects(std::string_view function);
/// Where the ways into the kernel split up: what they called says what a CPU was asked for.
[[nodiscard]] bool is_entry(std::string_view function);

}  // namespace assay::finding
