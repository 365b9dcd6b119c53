// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "verdict/coverage.hpp"

#include <nlohmann/json.hpp>

namespace assay::report {

/// How many lines of a kernel's series are in which state, and in words.
[[nodiscard]] nlohmann::ordered_json coverage_json(const verdict::KernelCoverage& kernel);

}  // namespace assay::report
