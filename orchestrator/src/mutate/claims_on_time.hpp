// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "experiment/catalogue.hpp"
#include "experiment/experiment.hpp"

#include <set>
#include <string>

namespace assay::mutate {

/// The ids of claims that look at a time or require one, by the units that the agent gives its counters: what
/// these show, a busy host may have done.
[[nodiscard]] std::set<std::string> claims_on_time(const experiment::Experiment& experiment,
                                                   const experiment::Catalogue& catalogue);

}  // namespace assay::mutate
