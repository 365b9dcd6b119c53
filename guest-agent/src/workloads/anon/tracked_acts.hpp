// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "workloads/anon/marker_scene.hpp"

namespace assay::agent::workloads {

/// Somebody tracks writes to pages that mprotect() makes read-only and writable again: a page that its
/// process has for itself must not be mapped for writing then. Both count `tracked` and `told`, and throw,
/// WorkloadSkip when this kernel does not track writes so.

/// Soft-dirty bits.
void protect_soft_dirty(MarkerScene& scene);
/// Write protection by userfaultfd.
void protect_uffd(MarkerScene& scene);

}  // namespace assay::agent::workloads
