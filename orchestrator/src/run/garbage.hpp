// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "kernel/gc.hpp"
#include "run/places.hpp"

#include <string>
#include <vector>

namespace assay::run {

/// What must stay in the kernels' cache: what experiments name and what the last runs had. A kernel that
/// cannot be told because its source is not here is named in `notes`. Error: usage, infrastructure.
Task<Result<kernel::Needed>> needed_kernels(Places places, unsigned runs, std::vector<std::string>& notes);

/// "assay kernel gc would free 1.2 GiB", for errors about a full disk.
Task<std::string> gc_hint(Places places);

}  // namespace assay::run
