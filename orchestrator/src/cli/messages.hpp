// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

namespace assay::cli {

/// A message for the user, on stderr behind "assay: ": errors, warnings, notes. All of them go through here.
void tell(std::string_view text);

}  // namespace assay::cli
