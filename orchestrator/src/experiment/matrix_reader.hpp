// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/table_reader.hpp"
#include "experiment/catalogue.hpp"
#include "experiment/experiment.hpp"

namespace assay::experiment {

/// Reads [variants.*] of the whole file's table. None at all is a mistake.
[[nodiscard]] std::vector<VariantUse> read_variants(TableReader& file, Mistakes& mistakes);
/// Reads [machines.*]; one default machine when the file has none.
[[nodiscard]] std::vector<machine::MachineSpec> read_machines(TableReader& file, Mistakes& mistakes);
/// Reads [workloads.*] and checks every parameter against the catalogue; `experiment` already holds the
/// variants and machines that they may be limited to. None at all is a mistake, and so is a variant that none
/// runs with.
[[nodiscard]] std::vector<WorkloadRun> read_workloads(TableReader& file, const Experiment& experiment,
                                                      const Catalogue& catalogue, Mistakes& mistakes);

}  // namespace assay::experiment
