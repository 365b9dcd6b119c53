// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/table_reader.hpp"
#include "experiment/catalogue.hpp"
#include "experiment/experiment.hpp"

namespace assay::experiment {

/// Reads [[claims]], [groups.*] and [quotes.*]; `experiment` already holds the variants, workloads, trials
/// and thread that claims refer to. No claim at all is a mistake.
[[nodiscard]] std::vector<Claim> read_claims(TableReader& file, const Experiment& experiment,
                                             const Catalogue& catalogue, Mistakes& mistakes);

}  // namespace assay::experiment
