// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "verdict/verdict.hpp"

#include <string>

/// What judges have in common: verdicts that need no figures.
namespace assay::verdict {

void settle(ClaimVerdict& it, Verdict verdict, std::string reason);

/// "not run" when a side was tried and has no usable trial, or nothing was tried at all; then true.
[[nodiscard]] bool settle_without_figures(ClaimVerdict& it);

[[nodiscard]] bool has_enough(const ClaimVerdict& it, unsigned min_trials);
/// "inconclusive", with how many more trials would make min_trials.
void settle_for_want_of_trials(ClaimVerdict& it, unsigned min_trials);

/// Appends findings that were left out to the reason: they are shown whatever the verdict.
void add_findings(ClaimVerdict& it);

}  // namespace assay::verdict
