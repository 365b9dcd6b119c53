// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "suite/reader.hpp"

#include <string>
#include <vector>

namespace assay::suite {

/// The subtests of the test `above`, of what it printed in KTAP or TAP: "above: name".
[[nodiscard]] std::vector<TestEnd> ktap_subtests(const std::string& above,
                                                 const std::vector<std::string>& lines);

/// What a test said last, of its own; "" when that was nothing.
[[nodiscard]] std::string last_words(const std::vector<std::string>& lines);

/// Why a test was skipped: "1..0 # SKIP why" and "ok 3 name # SKIP why", else its last words.
[[nodiscard]] std::string skip_reason(const std::vector<std::string>& lines);

}  // namespace assay::suite
