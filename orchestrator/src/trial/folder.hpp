// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "guest/folder.hpp"
#include "trial/run_context.hpp"

#include <string>

namespace assay::trial {

/// A new, empty folder for this job; what an earlier attempt left keeps its own. Error: infrastructure.
[[nodiscard]] Result<guest::GuestFolder> create_guest_folder(const RunContext& context, const GuestJob& job);

/// Writes guest.json, and machine.xml. Error: infrastructure.
[[nodiscard]] Status keep_guest(const guest::GuestFolder& folder, const RunContext& context,
                                const GuestJob& job, const guest::Spec& spec);

/// Writes what a program printed to output-WORKLOAD.txt, unless it is nothing. Error: infrastructure.
[[nodiscard]] Status keep_output(const guest::GuestFolder& folder, const Order& order,
                                 const std::string& output);

/// Writes trial-WORKLOAD.json. Error: infrastructure.
[[nodiscard]] Status keep_trial(const guest::GuestFolder& folder, const Order& order,
                                const TrialRecord& record);

}  // namespace assay::trial
