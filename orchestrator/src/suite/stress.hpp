// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/units.hpp"
#include "suite/plan.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::suite {

/// How long a stressor works: until the first of these.
struct StressLimits {
  Duration time{};
  std::optional<unsigned> operations;
};

/// The stressors that `stress-ng --class vm?` lists.
[[nodiscard]] std::vector<std::string> stressors_in(std::string_view listing);

/// The stressors of the class vm that this host's stress-ng has, each a category. Errors: usage (the package
/// is not installed), infrastructure.
Task<Result<Plan>> plan_of_stress(StressLimits limits);

}  // namespace assay::suite
