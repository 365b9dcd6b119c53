// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/again.hpp"

#include "base/text.hpp"
#include "experiment/settings.hpp"
#include "report/stored_json.hpp"

#include <fmt/format.h>

namespace assay::report {
namespace {

std::string word(const std::string& text) { return quoted_word(one_line(text)); }

/// As the host's description says where it was read; runs of an earlier Assay have but its own name.
std::string experiment_word(const store::RunInfo& run) {
  const auto place = member(object_from(run.host), "experiment");
  return word(place.empty() ? run.experiment : place);
}

}  // namespace

std::string again_command(const store::RunInfo& run) {
  return fmt::format("assay run{} {}", experiment::command_line(run.settings, true), experiment_word(run));
}

std::string again_command(const store::RunInfo& run, const Guests& guests, const trial::TrialRecord& record) {
  std::string workloads;
  for (const auto* other : guests.before(record)) {
    workloads += " --workload " + word(other->key.workload);
  }
  const auto& key = record.key;
  return fmt::format("assay run{} --workload {} --variant {} --machine {} --repeat {} --trials {}{} {}",
                     workloads, word(key.workload), word(key.variant), word(key.machine), key.repeat + 1,
                     key.repeat + 1, experiment::command_line(run.settings, false), experiment_word(run));
}

}  // namespace assay::report
