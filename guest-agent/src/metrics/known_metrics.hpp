// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "metrics/proc_file.hpp"

#include <span>
#include <string_view>

namespace assay::agent {

/// All names, without the source's prefix, that a kernel may show in this file; empty for buddyinfo, whose
/// names depend on the machine's nodes and zones.
[[nodiscard]] std::span<const std::string_view> known_metrics(ProcKind kind);

}  // namespace assay::agent
