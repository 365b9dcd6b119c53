// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "workloads/anon/marker_scene.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace assay::agent::workloads {

struct MarkerPlan {
  std::string_view act;
  std::string_view kind;
  std::size_t size = 0;
};

/// The acts, as the workload's parameter names them.
[[nodiscard]] std::vector<std::string_view> marker_act_names();

/// Writes memory, does something to it, and looks which pages are marked as exclusive. Throws.
[[nodiscard]] MarkerTally do_marker_act(const MarkerPlan& plan);

}  // namespace assay::agent::workloads
