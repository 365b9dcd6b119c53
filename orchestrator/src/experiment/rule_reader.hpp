// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/table_reader.hpp"
#include "experiment/claim_words.hpp"
#include "experiment/rules.hpp"

namespace assay::experiment {

/// Reads the keys of a [[claims]] that say what decides it: "rule" and those that belong to it. A key of
/// another rule is a mistake.
[[nodiscard]] Rule read_rule(TableReader& claim, ClaimWords& words);

}  // namespace assay::experiment
