// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "run/places.hpp"
#include "store/merge.hpp"

#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

namespace assay::run {

/// Adds the runs of another results folder, or of its database, with their files: what each comes to. What
/// cannot be copied, or not all of it, is not begun with. `dry`: changes nothing. `say` hears that the
/// results folder was made. Errors: usage, infrastructure.
[[nodiscard]] Result<std::vector<store::MergedRun>> import_runs(
    const Places& places, const std::filesystem::path& from, bool dry,
    const std::function<void(std::string_view)>& say);

}  // namespace assay::run
