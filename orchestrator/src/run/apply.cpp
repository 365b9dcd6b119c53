// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/apply.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/values.hpp"
#include "experiment/probe_reader.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

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
      const auto kernel = wish.substr(equals + 1);
      if (use.kernel != kernel) {
        use.kernel = kernel;
        use.where.reset();
      }
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
  takes(verb.add_option("--trials", options->trials,
                        "repeats of each workload on each variant, instead of the file's"),
        whole_number(1, most_of_anything));
  auto* until = verb.add_flag("--until-decided", options->until_decided,
                              "look at the claims after that many trials and go on until a test has decided "
                              "them; the error allowed is spread over the looks");
  takes(verb.add_option("--max-trials", options->max_trials,
                        "where --until-decided ends in any case (default: 5 times --trials)"),
        whole_number(1, most_of_anything))
      ->needs(until);
  takes(verb.add_option("--workload", options->only.workloads, "run only this one; may be repeated"),
        named("WORKLOAD"));
  takes(verb.add_option("--variant", options->only.variants, "run only this one; may be repeated"),
        named("VARIANT"));
  takes(verb.add_option("--machine", options->only.machines, "run only on this one; may be repeated"),
        named("MACHINE"));
  takes(verb.add_option("--repeat", options->repeat,
                        "run only trial #N of each cell, with the seed that it has in a whole run"),
        whole_number(1, most_of_anything));
  verb.add_flag("--thorough", options->thorough,
                "run also what takes long, and as many trials as the file wants for that");
  takes(verb.add_option("--seed", options->seed, "seed of the whole run, instead of the file's"),
        whole_number(0, std::numeric_limits<std::uint64_t>::max()));
  takes(verb.add_option(
            "--probe", options->probes,
            "NAME=KIND@PLACE: watch or delay the kernel there, as in "
            "stall=delay,20ms,every=2@do_mmap; kinds are count, cover, order and delay; may be repeated"),
        named("PROBE"));
  takes(verb.add_option("--accel", options->accel, "what runs the guests, instead of the file's"),
        one_of({"auto", "kvm", "tcg"}));
  takes(verb.add_option("-j,--jobs", options->jobs,
                        "guests at once (default: one per core, as far as memory allows)"),
        whole_number(1, most_of_anything));
  auto* dry = verb.add_flag("-n,--dry-run", options->dry_run,
                            "say what would be built and booted; build and boot nothing");
  verb.add_flag("-v,--verbose", options->verbose, "domain XML and QEMU command lines, too")->needs(dry);
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

void anchor_kernels(RunOptions& options, experiment::Experiment& experiment) {
  for (auto& use : experiment.variants) {
    const auto file = use.kernel.substr(0, use.kernel.find('+', use.kernel.rfind('/') + 1));
    const bool is_path = file.find('/') != std::string::npos || file.ends_with(".toml");
    const bool is_given =
        std::any_of(options.kernels.begin(), options.kernels.end(),
                    [&](const std::string& wish) { return wish.starts_with(use.name + "="); });
    if (!is_path || is_given) {
      continue;
    }
    const auto folder = experiment.file.parent_path();
    const auto place = fs::exists(folder / file) ? folder / use.kernel : fs::path(use.kernel);
    use.kernel = fs::absolute(place).lexically_normal().string();
    options.kernels.push_back(fmt::format("{}={}", use.name, use.kernel));
  }
}

namespace {

/// The part of the matrix that was asked for. A workload that is named runs, however long it takes.
Result<LeftOut> choose_part(const RunOptions& options, experiment::Experiment& experiment) {
  LeftOut left_out;
  if (options.thorough) {
    experiment.trials = experiment.thorough_trials.value_or(experiment.trials);
  } else if (options.only.workloads.empty()) {
    left_out.thorough = experiment::leave_out_thorough(experiment);
    if (experiment.workloads.empty()) {
      return fail(Failure::usage, "all workloads of experiment {} are for thorough runs: give --thorough",
                  experiment.name);
    }
  }
  if (!options.only.everything()) {
    auto partial = experiment::keep_only(options.only, experiment);
    if (!partial) {
      return partial.error();
    }
    left_out.partial = std::move(*partial);
  }
  experiment.trials = options.trials.value_or(experiment.trials);
  if (options.repeat) {
    if (options.until_decided) {
      return fail(Failure::usage,
                  "--repeat makes one trial of each cell; --until-decided makes more until all is decided");
    }
    if (*options.repeat == 0 || *options.repeat > experiment.trials) {
      return fail(Failure::usage, "--repeat {}: each cell has trials 1 to {}", *options.repeat,
                  experiment.trials);
    }
    experiment.only_repeat = *options.repeat - 1;
  }
  return left_out;
}

void use_accel(const std::string& wish, machine::MachineSpec& machine) {
  if (wish == "kvm") {
    machine.accel = machine::Accel::kvm;
  } else if (wish == "tcg") {
    machine.accel = machine::Accel::tcg;
  } else if (wish == "auto") {
    machine.accel = machine::Accel::automatic;
  }
}

}  // namespace

Result<LeftOut> apply(const RunOptions& options, experiment::Experiment& experiment) {
  std::set<std::string_view> replaced;
  for (const std::string_view wish : options.kernels) {
    if (auto used = use_kernel(wish, experiment); !used) {
      return used.error();
    }
    const auto name = wish.substr(0, wish.find('='));
    if (!replaced.insert(name).second) {
      return fail(Failure::usage, "--kernel was given twice for variant {}", name);
    }
  }
  auto left_out = choose_part(options, experiment);
  if (!left_out) {
    return left_out.error();
  }
  experiment.seed = options.seed.value_or(experiment.seed);
  for (auto& machine : experiment.machines) {
    if (machine.clock == machine::GuestClock::instructions) {
      if (options.accel == "kvm") {
        return fail(Failure::usage,
                    "machine {} counts instructions, which only TCG can: leave out --accel kvm",
                    machine.name);
      }
    } else {
      use_accel(options.accel, machine);
    }
  }
  for (const auto& wish : options.probes) {
    if (auto used = use_probe(wish, experiment); !used) {
      return used.error();
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
  return left_out;
}

namespace {

/// "a, b, c, d, e and 12 more".
std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 5;
  const auto shown = std::span(names).first(std::min(names.size(), most));
  const auto more = names.size() - shown.size();
  return fmt::format("{}{}", fmt::join(shown, ", "), more > 0 ? fmt::format(" and {} more", more) : "");
}

}  // namespace

std::vector<std::string> notes_on(const RunOptions& options, const LeftOut& left_out,
                                  const experiment::Experiment& experiment,
                                  const verdict::Schedule& schedule) {
  std::vector<std::string> notes;
  if (const auto& claims = left_out.thorough; !claims.empty()) {
    notes.push_back(fmt::format("left out, --thorough decides {}: {}", claims.size() == 1 ? "it" : "them",
                                some_of(claims)));
  }
  if (const auto& claims = left_out.partial; !claims.empty()) {
    notes.push_back(fmt::format("left out, {} more of the matrix: {}",
                                claims.size() == 1 ? "it needs" : "they need", some_of(claims)));
  }
  if (options.thorough && !experiment.thorough_trials &&
      std::none_of(experiment.workloads.begin(), experiment.workloads.end(),
                   [](const auto& run) { return run.thorough; })) {
    notes.push_back(fmt::format("experiment {} has nothing that only --thorough runs", experiment.name));
  }
  const auto trials = options.repeat ? 1 : std::max(experiment.trials, schedule.cap);
  for (const auto& claim : experiment.claims) {
    if (claim.min_trials > trials) {
      notes.push_back(
          fmt::format("claim {} needs {} trials of each variant and this run makes {}: it cannot be decided",
                      claim.id, claim.min_trials, trials));
    }
  }
  return notes;
}

namespace {

/// What of the options is a list, under the names that a run's settings have for them. References into
/// `options`.
template <class Options>
auto lists_of(Options& options) {
  using List =
      std::conditional_t<std::is_const_v<Options>, const std::vector<std::string>, std::vector<std::string>>;
  return std::array<std::pair<const char*, List&>, 5>{{{"kernels", options.kernels},
                                                       {"probes", options.probes},
                                                       {"workloads", options.only.workloads},
                                                       {"variants", options.only.variants},
                                                       {"machines", options.only.machines}}};
}

}  // namespace

std::string to_settings(const RunOptions& options) {
  Json json = Json::object();
  if (options.trials) {
    json["trials"] = *options.trials;
  }
  if (options.seed) {
    json["seed"] = *options.seed;
  }
  if (options.thorough) {
    json["thorough"] = true;
  }
  for (const auto& [name, list] : lists_of(options)) {
    if (!list.empty()) {
      json[name] = list;
    }
  }
  if (options.repeat) {
    json["repeat"] = *options.repeat;
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
  for (auto& [name, list] : lists_of(now)) {
    list = json.value(name, std::vector<std::string>());
  }
  if (json.contains("repeat")) {
    now.repeat = json["repeat"].get<unsigned>();
  }
  now.thorough = json.value("thorough", false);
  now.accel = json.value("accel", now.accel);
  keep_schedule(json, now);
  return now;
}

}  // namespace assay::cli
