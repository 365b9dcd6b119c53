// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "experiment/experiment.hpp"
#include "trial/outcome.hpp"
#include "verdict/verdict.hpp"

#include <optional>

namespace assay::verdict {

/// The figure of one trial; nothing when a counter is missing or the denominator is not above zero.
[[nodiscard]] std::optional<double> value_of(const experiment::Figure& figure,
                                             const trial::TrialRecord& record);

/// Sorts the trials of `variant` that belong to the claim into usable figures and those left out, and why.
/// A trial is usable when it passed, did what the claim requires, and has the figure. One whose own checks
/// failed is not: its numbers may come from whatever the check caught.
[[nodiscard]] Side gather(const experiment::Claim& claim, const experiment::Figure& figure,
                          const std::string& variant, const std::vector<trial::TrialRecord>& trials);

/// The same for claims that count trials in which `event` happened: the value is 1 when it did, else 0. A
/// trial in which it did is usable whatever the claim requires: a finding leaves no counters behind.
[[nodiscard]] Side gather_events(const experiment::Claim& claim, const experiment::CountedEvent& event,
                                 const std::string& variant, const std::vector<trial::TrialRecord>& trials);

/// "#1-#4 and #6": the repeats, from 1, of the side's values; machines are named where there are several.
[[nodiscard]] std::string sources_text(const Side& side);

/// Trials that were run for this side, usable or not.
[[nodiscard]] std::size_t tried(const Side& side);
/// "2 findings, 1 unmet, 3 lost or failed" or "".
[[nodiscard]] std::string left_out_text(const Side& side);

}  // namespace assay::verdict
