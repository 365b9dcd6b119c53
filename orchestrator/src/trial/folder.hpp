// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "link/messages.hpp"
#include "trial/runner.hpp"

#include <filesystem>
#include <string>

namespace assay::trial {

/// The folder that keeps what one guest left: console.log, machine.xml, guest.json, hello.json and a
/// trial-<workload>.json for each workload that ran in it. results/README.md documents the fields.
struct GuestFolder {
  std::filesystem::path path;
  std::string relative;  ///< below the run's folder
};

/// `text` as part of a file name: letters, digits, dot, dash and underscore stay, the rest becomes "_".
[[nodiscard]] std::string file_name_part(std::string_view text);

/// A new, empty folder for this job; what an earlier attempt left keeps its own. Error: infrastructure.
[[nodiscard]] Result<GuestFolder> create_guest_folder(const RunContext& context, const GuestJob& job);

[[nodiscard]] machine::BootSpec boot_spec(const RunContext& context, const GuestJob& job,
                                          const GuestFolder& folder);

[[nodiscard]] Status keep_guest(const GuestFolder& folder, const RunContext& context, const GuestJob& job,
                                const machine::MachineSpec& machine, const machine::BootSpec& boot);
[[nodiscard]] Status keep_hello(const GuestFolder& folder, const link::Hello& hello);
[[nodiscard]] Status keep_trial(const GuestFolder& folder, const experiment::Experiment& experiment,
                                const TrialRecord& record);

}  // namespace assay::trial
