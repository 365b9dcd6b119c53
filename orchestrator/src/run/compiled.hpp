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

/// The program that `make TARGET` makes of a copy of a folder, all of it anew, with CC and CROSS_COMPILE for
/// the architecture; LDFLAGS=-static and the folder of assay.h are in its environment. Kept like the above,
/// by the hash of all files in the folder and assay.h; nothing else of the environment than PATH, HOME and
/// TMPDIR is passed on. Error: likewise, with the last that make said; usage, too, for a
/// folder of more than 256 MiB or 10,000 files.
Task<Result<std::filesystem::path>> made(Places places, Arch arch, std::filesystem::path folder,
                                         std::string target);

}  // namespace assay::run
