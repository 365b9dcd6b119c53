// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/verb.hpp"

#include <string>
#include <vector>

namespace assay::cli {

/// The names of the experiments that Assay brings, sorted.
[[nodiscard]] std::vector<std::string> experiments_here(const Places& places);

}  // namespace assay::cli
