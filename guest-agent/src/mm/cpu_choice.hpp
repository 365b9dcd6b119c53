// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>

namespace assay::agent {

/// From now on this thread runs there, and so do the threads and processes that it starts. Throws.
void stay_on_cpu(std::size_t cpu);

}  // namespace assay::agent
