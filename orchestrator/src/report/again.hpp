// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "report/guests.hpp"

#include <string>

namespace assay::report {

/// The command that makes such a run again: the same experiment, options and seeds.
[[nodiscard]] std::string again_command(const store::RunInfo& run);

/// The command that makes one of its trials again, with the same seed, in a guest that has done before what
/// its guest had done.
[[nodiscard]] std::string again_command(const store::RunInfo& run, const Guests& guests,
                                        const trial::TrialRecord& record);

}  // namespace assay::report
