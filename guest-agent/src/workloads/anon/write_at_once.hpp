// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "workloads/anon/marker_scene.hpp"

namespace assay::agent::workloads {

/// A process and its child, which share transparent huge pages, write to the same one at the same moment,
/// each from a CPU of its own; again with fresh ones, round by round. Counts `reached` and `waited`. Throws,
/// WorkloadSkip where there is one CPU, or no such pages.
void write_at_once(MarkerScene& scene);

}  // namespace assay::agent::workloads
