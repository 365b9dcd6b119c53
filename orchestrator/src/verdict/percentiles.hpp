// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "verdict/verdict.hpp"

#include <functional>
#include <string>

namespace assay::verdict {

/// The values of one metric, sampled in one trial; empty when there are none.
using ReadSamples =
    std::function<Result<std::vector<std::int64_t>>(const trial::TrialKey& key, const std::string& metric)>;

/// Gives each trial the percentiles that claims on its workload look at, as counters by the name that figures
/// use: "p99(meminfo.Dirty)" is the smallest sampled value that 99 % do not exceed. A trial without samples
/// gets none. Error: that of `read`.
[[nodiscard]] Status add_percentiles(const experiment::Experiment& experiment, Trials& trials,
                                     const ReadSamples& read);

}  // namespace assay::verdict
