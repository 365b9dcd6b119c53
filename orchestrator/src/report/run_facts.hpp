// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "experiment/kept_file.hpp"
#include "store/run_view.hpp"

#include <set>
#include <string>
#include <vector>

/// What a run says of itself as a whole.
namespace assay::report {

/// The claims of the run that are controls, by their ids.
[[nodiscard]] std::set<std::string> controls_of(const store::RunView& view);

/// Machines that trials ran on.
struct RunMachines {
  std::vector<machine::MachineSpec> known;
  std::set<std::string> forgotten;  ///< by name, where the experiment does not say
};
[[nodiscard]] RunMachines machines_of(const store::RunView& view);
/// Each machine that trials ran on, as the experiment describes it; by name alone where it no longer does.
[[nodiscard]] std::vector<std::string> machine_texts(const store::RunView& view);
/// Each probe that somebody asked for, and how many trials it was active in: it may have changed what they
/// did.
[[nodiscard]] std::vector<std::string> probe_texts(const store::RunView& view);
/// "118 of 120: 117 passed, 1 lost; the run is interrupted"
[[nodiscard]] std::string trials_text(const store::RunView& view);
/// "TCG, QEMU emulator version 7.2.22"; "" where the run does not say.
[[nodiscard]] std::string emulator_text(const store::RunView& view);

}  // namespace assay::report
