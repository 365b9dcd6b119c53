// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "experiment/catalogue.hpp"
#include "experiment/experiment.hpp"

#include <filesystem>

namespace assay::experiment {

/// Reads experiments/<name>/experiment.toml, given that file, its folder, or a bare name below `home`, as
/// parse_experiment(). Error: usage.
[[nodiscard]] Result<Experiment> load_experiment(const std::filesystem::path& where,
                                                 const std::filesystem::path& home,
                                                 const Catalogue& catalogue);

}  // namespace assay::experiment
