// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/run_options.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "experiment/probe_reader.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>

namespace assay::cli {

using Json = nlohmann::ordered_json;

namespace {

/// "NAME=VARIANT"
Status use_kernel(std::string_view wish, experiment::Experiment& experiment) {
  const auto equals = wish.find('=');
  if (equals == std::string_view::npos || equals + 1 == wish.size()) {
    return fail(Failure::usage, "--kernel takes NAME=VARIANT, not \"{}\"", wish);
  }
  const auto name = wish.substr(0, equals);
  std::vector<std::string> known;
  for (auto& use : experiment.variants) {
    if (use.name == name) {
      use.kernel = wish.substr(equals + 1);
      return {};
    }
    known.push_back(use.name);
  }
  return fail(Failure::usage, "experiment {} has no variant \"{}\"{}; there is {}", experiment.name, name,
              did_you_mean(name, known), listed(known));
}

/// "NAME=KIND@PLACE"
Status use_probe(std::string_view wish, experiment::Experiment& experiment) {
  auto spec = probe::parse_probe(wish);
  if (!spec) {
    return spec.error();
  }
  for (const auto& known : experiment.probes) {
    if (known.name == spec->name) {
      return fail(Failure::usage, "there is a probe {} already: write --probe OTHER=... for another name",
                  spec->name);
    }
  }
  if (auto fits = experiment::check_probe(*spec, experiment); !fits) {
    return fits;
  }
  experiment.probes.push_back(std::move(*spec));
  return {};
}

/// Looks of a run that goes on until all is decided, unless --max-trials says otherwise.
constexpr unsigned usual_looks = 5;

/// How long a run may go on was fixed when it began: another rule now would not keep its error.
void keep_schedule(const Json& settings, RunOptions& now) {
  now.until_decided = settings.value("until_decided", false);
  now.max_trials.reset();
  if (!now.until_decided) {
    return;
  }
  now.max_trials = settings.value("max_trials", 0U);
  now.trials.reset();
  if (settings.contains("trials")) {
    now.trials = settings["trials"].get<unsigned>();
  }
}

}  // namespace

verdict::Schedule schedule_of(const RunOptions& options, const experiment::Experiment& experiment) {
  if (!options.until_decided) {
    return {};
  }
  return {experiment.trials, options.max_trials.value_or(usual_looks * experiment.trials)};
}

void add_run_options(CLI::App& verb, const std::shared_ptr<RunOptions>& options) {
  verb.add_option("--trials", options->trials,
                  "repeats of each workload on each variant, instead of the file's");
  auto* until = verb.add_flag("--until-decided", options->until_decided,
                              "look at the claims after that many trials and go on until a test has decided "
                              "them; the error allowed is spread over the looks");
  verb.add_option("--max-trials", options->max_trials,
                  "where --until-decided ends in any case (default: 5 times --trials)")
      ->needs(until)
      ->check(CLI::Range(1U, 100'000U));
  verb.add_flag("--thorough", options->thorough,
                "run also what takes long, and as many trials as the file wants for that");
  verb.add_option("--seed", options->seed, "seed of the whole run, instead of the file's");
  verb.add_option(
      "--probe", options->probes,
      "NAME=KIND@PLACE: watch or delay the kernel there, as in stall=delay,20ms,every=2@do_mmap; kinds "
      "are count, cover, order and delay; may be repeated");
  verb.add_option("--accel", options->accel, "auto, kvm or tcg, instead of the file's")
      ->check(CLI::IsMember({"auto", "kvm", "tcg"}));
  verb.add_option("-j,--jobs", options->jobs,
                  "guests at once (default: one per core, as far as memory allows)");
  verb.add_flag("-n,--dry-run", options->dry_run,
                "print domain XML and QEMU command lines; build and boot nothing");
  auto* json = verb.add_flag("--json", options->json, "print the result as JSON");
  verb.add_flag("--ktap", options->ktap, "print the result as KTAP")->excludes(json);
}

std::string with_absolute_path(const std::string& wish) {
  const auto equals = wish.find('=');
  if (equals == std::string::npos || wish.find('/', equals) == std::string::npos) {
    return wish;
  }
  return wish.substr(0, equals + 1) + fs::absolute(wish.substr(equals + 1)).lexically_normal().string();
}

Status apply(const RunOptions& options, experiment::Experiment& experiment) {
  if (options.thorough) {
    experiment.trials = experiment.thorough_trials.value_or(experiment.trials);
  } else if (experiment.leave_out_thorough(); experiment.workloads.empty()) {
    return fail(Failure::usage, "all workloads of experiment {} are for thorough runs: give --thorough",
                experiment.name);
  }
  for (const auto& wish : options.kernels) {
    if (auto used = use_kernel(wish, experiment); !used) {
      return used;
    }
  }
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
  for (const auto& wish : options.probes) {
    if (auto used = use_probe(wish, experiment); !used) {
      return used;
    }
  }
  if (options.max_trials && !options.until_decided) {
    return fail(Failure::usage, "--max-trials limits --until-decided, which was not given");
  }
  if (options.max_trials.value_or(experiment.trials) < experiment.trials) {
    return fail(Failure::usage, "--max-trials {} is less than the {} trials of the first look",
                *options.max_trials, experiment.trials);
  }
  for (const auto& claim : experiment.claims) {
    if (experiment.trials == 0) {
      return fail(Failure::usage, "no trials were asked for; claim {} alone needs {} a side", claim.id,
                  claim.min_trials);
    }
  }
  return {};
}

std::vector<std::string> notes_on(const RunOptions& options, const experiment::Experiment& experiment,
                                  const verdict::Schedule& schedule) {
  std::vector<std::string> notes;
  if (!experiment.left_out.empty()) {
    notes.push_back(fmt::format("left out, --thorough decides {}: {}",
                                experiment.left_out.size() == 1 ? "it" : "them",
                                fmt::join(experiment.left_out, ", ")));
  }
  if (options.thorough && !experiment.thorough_trials &&
      std::none_of(experiment.workloads.begin(), experiment.workloads.end(),
                   [](const auto& run) { return run.thorough; })) {
    notes.push_back(fmt::format("experiment {} has nothing that only --thorough runs", experiment.name));
  }
  const auto trials = std::max(experiment.trials, schedule.cap);
  for (const auto& claim : experiment.claims) {
    if (claim.min_trials > trials) {
      notes.push_back(
          fmt::format("claim {} needs {} trials of each variant and this run makes {}: it cannot be decided",
                      claim.id, claim.min_trials, trials));
    }
  }
  return notes;
}

std::string to_settings(const RunOptions& options) {
  Json json = Json::object();
  if (options.trials) {
    json["trials"] = *options.trials;
  }
  if (options.seed) {
    json["seed"] = *options.seed;
  }
  if (!options.kernels.empty()) {
    json["kernels"] = options.kernels;
  }
  if (!options.probes.empty()) {
    json["probes"] = options.probes;
  }
  if (options.thorough) {
    json["thorough"] = true;
  }
  if (!options.accel.empty()) {
    json["accel"] = options.accel;
  }
  if (options.until_decided) {
    json["until_decided"] = true;
    json["max_trials"] = options.max_trials.value_or(0);
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
  if (json.contains("kernels")) {
    now.kernels = json["kernels"].get<std::vector<std::string>>();
  }
  if (json.contains("probes")) {
    now.probes = json["probes"].get<std::vector<std::string>>();
  }
  now.thorough = json.value("thorough", false);
  now.accel = json.value("accel", now.accel);
  keep_schedule(json, now);
  return now;
}

}  // namespace assay::cli
