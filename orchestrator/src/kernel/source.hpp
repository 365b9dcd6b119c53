// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "kernel/cache.hpp"
#include "kernel/identity.hpp"
#include "kernel/progress.hpp"

#include <filesystem>

namespace assay::kernel {

/// The unpacked source in the cache, unpacked now if need be, without drivers and architectures that work on
/// memory management never compiles (their Kconfig files and Makefiles stay). Treat it as read-only.
/// Errors: infrastructure.
Task<Result<std::filesystem::path>> unpacked_source(CacheLayout layout, HashedFile tarball,
                                                    ProgressMeter& meter);

/// True when `file`, relative to the tree, is one that unpacked_source left out.
[[nodiscard]] bool is_left_out(std::string_view file);

/// The exclusive lock `name`, waited for; meanwhile the meter says "waiting for another assay <doing>".
Task<Result<FileLock>> lock_in_turn(CacheLayout layout, std::string name, std::string doing,
                                    ProgressMeter& meter);

}  // namespace assay::kernel
