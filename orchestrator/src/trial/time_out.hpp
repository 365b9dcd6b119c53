// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "trial/outcome.hpp"

#include <string_view>

namespace assay::trial {

/// Begins the reason of a trial whose workload was ended because it took too long.
inline constexpr std::string_view time_out_reason = "the workload did not finish within its time-out";

/// Whether the trial failed because of that: on a busy host it need not do so again.
[[nodiscard]] inline bool timed_out(const TrialRecord& record) {
  return record.outcome == Outcome::fail && record.reason.starts_with(time_out_reason);
}

}  // namespace assay::trial
