// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/run_options.hpp"

#include <nlohmann/json.hpp>

namespace assay::cli {

using Json = nlohmann::ordered_json;

Status apply(const RunOptions& options, experiment::Experiment& experiment) {
  experiment.trials = options.trials.value_or(experiment.trials);
  experiment.seed = options.seed.value_or(experiment.seed);
  for (auto& machine : experiment.machines) {
    if (machine.clock == machine::GuestClock::instructions) {
      if (options.accel == "kvm") {
        return fail(Failure::usage,
                    "machine {} counts instructions, which only TCG can: leave out --accel kvm",
                    machine.name);
      }
    } else if (options.accel == "kvm") {
      machine.accel = machine::Accel::kvm;
    } else if (options.accel == "tcg") {
      machine.accel = machine::Accel::tcg;
    } else if (options.accel == "auto") {
      machine.accel = machine::Accel::automatic;
    }
  }
  for (const auto& claim : experiment.claims) {
    if (experiment.trials == 0) {
      return fail(Failure::usage, "no trials were asked for; claim {} alone needs {} a side", claim.id,
                  claim.min_trials);
    }
  }
  return {};
}

std::string to_settings(const RunOptions& options) {
  Json json = Json::object();
  if (options.trials) {
    json["trials"] = *options.trials;
  }
  if (options.seed) {
    json["seed"] = *options.seed;
  }
  if (!options.accel.empty()) {
    json["accel"] = options.accel;
  }
  return json.dump();
}

Result<RunOptions> from_settings(const std::string& settings, RunOptions now) {
  const auto json = Json::parse(settings, nullptr, false);
  if (!json.is_object()) {
    return fail(Failure::infrastructure, "the run's settings in the database are damaged: {}", settings);
  }
  if (json.contains("trials") && !now.trials) {
    now.trials = json["trials"].get<unsigned>();
  }
  if (json.contains("seed")) {
    now.seed = json["seed"].get<std::uint64_t>();
  }
  now.accel = json.value("accel", now.accel);
  return now;
}

}  // namespace assay::cli
