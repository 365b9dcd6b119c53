// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/toml_text.hpp"

#include <optional>
#include <string_view>

namespace assay {

/// The first thing in a TOML text that toml++ 3.3 must not see, because it would do worse than refuse it:
/// - keys of more than 16 dotted parts: it limits how deep arrays and inline tables nest, but not dotted
/// keys, and
///   frees tables recursively, so that a.a.a.a... of some hundred kilobytes overflows the stack;
/// - more than 16 open brackets, which it refuses later, in words for programmers;
/// - anything but ASCII outside of strings and comments, which TOML 1.0 does not allow either: its test for
/// Unicode
///   blanks runs into __builtin_unreachable() (U+FEF8 for one).
/// To know where strings are, it also refuses quotes, brackets and equal signs where no valid text has them.
[[nodiscard]] std::optional<Hazard> hazard_in(std::string_view text);

}  // namespace assay
