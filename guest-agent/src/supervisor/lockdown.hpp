// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace assay::agent {

/// Keeps this process alive when memory runs out: all its pages are locked, its stack is there, and the OOM
/// killer passes it by. `must`: says so on the console when the system does not allow it.
void lock_down(bool must);

}  // namespace assay::agent
