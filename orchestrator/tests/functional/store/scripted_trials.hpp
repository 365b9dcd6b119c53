// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "store/store.hpp"

#include <string>

namespace assay::store::testing {

/// Trial `number` of a script: what is in it follows from the number, so that a reader can tell whether all
/// of it is there.
[[nodiscard]] trial::TrialKey scripted_key(unsigned number);

/// Begins, streams and ends the trial.
[[nodiscard]] Status write_scripted(Store& store, const std::string& run, unsigned number);

/// "" when the record and everything that was streamed are there and right; else what is not.
[[nodiscard]] std::string flaw_of(Store& store, const std::string& run, const trial::TrialRecord& record);

}  // namespace assay::store::testing
