// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "base/handle.hpp"
#include "base/units.hpp"
#include "program/files.hpp"

#include <vector>

namespace assay::program {

/// Reads those of `files` to their end that have no size and perhaps no end (a FIFO, what a shell makes of
/// <(command), a terminal, /dev/zero), so that none of them holds a guest up: a file without a name takes the
/// place of each, for as long as the result lives. Waits for whoever writes. Errors: usage, when nobody
/// writes to a FIFO or more than `most` comes; infrastructure.
Task<Result<std::vector<UniqueFd>>> read_ahead(std::vector<FileIn>& files, Bytes most);

}  // namespace assay::program
