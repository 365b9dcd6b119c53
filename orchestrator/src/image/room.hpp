// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "base/units.hpp"
#include "image/initramfs.hpp"

#include <vector>

namespace assay::image {

/// Whether a guest with so much memory can boot with these: a kernel unpacks its initramfs into at most half
/// of its memory, beside the archive. Error: usage.
[[nodiscard]] Status fits_into(Bytes memory, const std::vector<HostFile>& files);

}  // namespace assay::image
