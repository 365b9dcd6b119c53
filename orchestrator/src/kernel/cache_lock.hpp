// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "kernel/cache.hpp"
#include "kernel/progress.hpp"

#include <string>

namespace assay::kernel {

/// The exclusive lock `name`, waited for; meanwhile the meter says "waiting for another assay <doing>".
Task<Result<FileLock>> lock_in_turn(CacheLayout layout, std::string name, std::string doing,
                                    ProgressMeter& meter);

}  // namespace assay::kernel
