// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/table_reader.hpp"
#include "experiment/experiment.hpp"

namespace assay::experiment {

/// Reads [[probes]]; `experiment` already holds the variants, machines and workloads that probes refer to.
/// Whether a kernel has the places is found when it is there.
[[nodiscard]] std::vector<probe::ProbeSpec> read_probes(TableReader& file, const Experiment& experiment,
                                                        Mistakes& mistakes);

/// What a probe of the command line needs to fit the experiment. Error: usage.
[[nodiscard]] Status check_probe(const probe::ProbeSpec& spec, const Experiment& experiment);

/// The figures that the experiment's probes give to trials of `workload`: words for claims.
[[nodiscard]] std::vector<std::string> probe_figures(const Experiment& experiment, std::string_view workload);

}  // namespace assay::experiment
