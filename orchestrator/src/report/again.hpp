// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "store/store.hpp"
#include "trial/outcome.hpp"

#include <string>

namespace assay::report {

/// The command that makes such a run again: the same experiment, options and seeds.
[[nodiscard]] std::string again_command(const store::RunInfo& run);

/// The command that makes one of its trials again, with the same seed and nothing else in the guest.
[[nodiscard]] std::string again_command(const store::RunInfo& run, const trial::TrialKey& trial);

}  // namespace assay::report
