// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace assay {

/// A part of a file's name that nobody else uses: 16 letters.
[[nodiscard]] std::string random_name();

}  // namespace assay
