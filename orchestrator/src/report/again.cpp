// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/again.hpp"

#include "base/text.hpp"
#include "experiment/settings.hpp"

#include <fmt/format.h>

namespace assay::report {

std::string again_command(const store::RunInfo& run) {
  return fmt::format("assay run{} {}", experiment::command_line(run.settings, true),
                     quoted_word(one_line(run.experiment)));
}

std::string again_command(const store::RunInfo& run, const trial::TrialKey& trial) {
  const auto word = [](const std::string& text) { return quoted_word(one_line(text)); };
  return fmt::format("assay run --workload {} --variant {} --machine {} --repeat {} --trials {}{} {}",
                     word(trial.workload), word(trial.variant), word(trial.machine), trial.repeat + 1,
                     trial.repeat + 1, experiment::command_line(run.settings, false), word(run.experiment));
}

}  // namespace assay::report
