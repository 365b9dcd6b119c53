// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "base/units.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace assay::store {

/// About how much of the database each run takes: its samples, by id.
[[nodiscard]] Result<std::map<std::string, Bytes>> sizes_of_runs(const std::filesystem::path& path);

/// Takes these runs out of the database, all or none, and gives the space back to the file system where
/// nobody else uses the file. Error: usage: a run is not there, or somebody writes it; infrastructure.
[[nodiscard]] Status remove_runs(const std::filesystem::path& path, const std::vector<std::string>& runs);

}  // namespace assay::store
