// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/verb.hpp"

#include <filesystem>

namespace assay::cli {

/// A static busybox for guests of `arch`, from images/busybox/build: Debian's own, or built now with its
/// steps told on stderr, which takes a minute or two once per machine. Errors: usage (what to install),
/// interrupted, infrastructure.
Task<Result<std::filesystem::path>> busybox_for(Globals& globals, Places places, Arch arch);

}  // namespace assay::cli
