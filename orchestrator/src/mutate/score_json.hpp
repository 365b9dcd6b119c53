// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "mutate/score.hpp"

#include <string>
#include <string_view>

namespace assay::mutate {

/// All of a score; the fields are documented in results/README.md. In ASCII: a byte of a text that is no
/// UTF-8 is the private letter U+F700 plus the byte.
[[nodiscard]] std::string score_json(const Score& score);

/// Just what score_json() was given. Error (usage): the text is something else, and where.
[[nodiscard]] Result<Score> score_from_json(std::string_view text);

}  // namespace assay::mutate
