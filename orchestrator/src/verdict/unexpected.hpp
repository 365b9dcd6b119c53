// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "verdict/verdict.hpp"

#include <optional>

namespace assay::verdict {

/// The claim that every experiment makes without writing it: nothing else went wrong. Refuted by each trial
/// whose findings no claim counts; nothing when there is none.
[[nodiscard]] std::optional<ClaimVerdict> judge_unexpected(const experiment::Experiment& experiment,
                                                           const Trials& trials);

}  // namespace assay::verdict
