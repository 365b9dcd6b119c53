// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "experiment/catalogue.hpp"
#include "experiment/experiment.hpp"

#include <filesystem>
#include <string_view>

namespace assay::experiment {

/// Reads the text of an experiment's file. Everything that can be wrong is found here, before anything is
/// built or booted: unknown key, wrong type, wrong unit, unknown variant, workload, parameter or counter.
/// `file` is used in messages only. Error: usage, "file:line:column: ...; did you mean ...?".
[[nodiscard]] Result<Experiment> parse_experiment(std::string_view text, const std::filesystem::path& file,
                                                  const Catalogue& catalogue);

}  // namespace assay::experiment
