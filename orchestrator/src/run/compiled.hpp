// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/arch.hpp"
#include "base/async.hpp"
#include "base/error.hpp"
#include "run/places.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace assay::run {

/// A static program made of one C file, which finds assay.h. Kept in the cache by the hash of all that goes
/// into it; what nobody asked for in a month leaves the cache. Error: usage, with what the compiler said;
/// infrastructure.
Task<Result<std::filesystem::path>> compiled(Places places, Arch arch, std::filesystem::path source,
                                             std::vector<std::string> flags);

}  // namespace assay::run
