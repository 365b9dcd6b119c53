// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>

namespace assay::agent {

/// By the names of their files in golden/.
using GoldenFrames = std::map<std::string, std::string>;

/// One of each message as the machine that this runs on writes it; the bytes are the same on all.
[[nodiscard]] GoldenFrames golden_frames();

}  // namespace assay::agent
