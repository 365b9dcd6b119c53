// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "base/units.hpp"

#include <string_view>

namespace assay::experiment {

/// "512M": memory of a machine, or a disk to swap to: whole MiB from `least` to 1024G. Error: usage.
[[nodiscard]] Result<Bytes> parse_mebibytes(std::string_view text, Bytes least);

}  // namespace assay::experiment
