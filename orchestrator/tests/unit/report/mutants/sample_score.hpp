// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mutate/score.hpp"

namespace assay::report {

/// What `assay mutate unmap-failure-swap` may find of the test hook that its kernels have: each operator's
/// kind of change, each fate, each killer.
[[nodiscard]] mutate::Score sample_score();

}  // namespace assay::report
