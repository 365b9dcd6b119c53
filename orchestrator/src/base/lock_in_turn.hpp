// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "base/files.hpp"

#include <functional>

namespace assay {

/// The exclusive lock, waited for. Each time that another process still has it `on_wait` is called. Error:
/// infrastructure.
Task<Result<FileLock>> lock_in_turn(fs::path path, std::function<void()> on_wait);

}  // namespace assay
