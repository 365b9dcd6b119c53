// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/apply.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "experiment/probe_reader.hpp"
#include "experiment/selection.hpp"
#include "run/unseen.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <string_view>
#include <utility>

namespace assay::run {

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

}  // namespace

verdict::Schedule schedule_of(const experiment::Settings& settings,
                              const experiment::Experiment& experiment) {
  if (!settings.until_decided) {
    return {};
  }
  return {experiment.trials, settings.max_trials.value_or(usual_looks * experiment.trials)};
}

std::string with_absolute_path(const std::string& wish) {
  const auto equals = wish.find('=');
  if (equals == std::string::npos || wish.find('/', equals) == std::string::npos) {
    return wish;
  }
  return wish.substr(0, equals + 1) + fs::absolute(wish.substr(equals + 1)).lexically_normal().string();
}

void anchor_kernels(experiment::Settings& settings, experiment::Experiment& experiment) {
  for (auto& use : experiment.variants) {
    const auto file = use.kernel.substr(0, use.kernel.find('+', use.kernel.rfind('/') + 1));
    const bool is_path = file.find('/') != std::string::npos || file.ends_with(".toml");
    const bool is_given =
        std::any_of(settings.kernels.begin(), settings.kernels.end(),
                    [&](const std::string& wish) { return wish.starts_with(use.name + "="); });
    if (!is_path || is_given) {
      continue;
    }
    const auto folder = experiment.file.parent_path();
    const auto place = fs::exists(folder / file) ? folder / use.kernel : fs::path(use.kernel);
    use.kernel = fs::absolute(place).lexically_normal().string();
    settings.kernels.push_back(fmt::format("{}={}", use.name, use.kernel));
  }
}

namespace {

/// The part of the matrix that was asked for. A workload that is named runs, however long it takes.
Result<LeftOut> choose_part(const experiment::Settings& settings, experiment::Experiment& experiment) {
  LeftOut left_out;
  if (settings.thorough) {
    experiment.trials = experiment.thorough_trials.value_or(experiment.trials);
  } else if (settings.workloads.empty()) {
    left_out.thorough = experiment::leave_out_thorough(experiment);
    if (experiment.workloads.empty()) {
      return fail(Failure::usage, "all workloads of experiment {} are for thorough runs: give --thorough",
                  experiment.name);
    }
  }
  const experiment::Selection only{settings.workloads, settings.variants, settings.machines};
  if (!only.everything()) {
    auto partial = experiment::keep_only(only, experiment);
    if (!partial) {
      return partial.error();
    }
    left_out.partial = std::move(*partial);
  }
  experiment.trials = settings.trials.value_or(experiment.trials);
  if (settings.repeat) {
    if (settings.until_decided) {
      return fail(Failure::usage,
                  "--repeat makes one trial of each cell; --until-decided makes more until all is decided");
    }
    if (*settings.repeat == 0 || *settings.repeat > experiment.trials) {
      return fail(Failure::usage, "--repeat {}: each cell has trials 1 to {}", *settings.repeat,
                  experiment.trials);
    }
    experiment.only_repeat = *settings.repeat - 1;
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

Result<LeftOut> apply(const experiment::Settings& settings, experiment::Experiment& experiment) {
  std::set<std::string_view> replaced;
  for (const std::string_view wish : settings.kernels) {
    if (auto used = use_kernel(wish, experiment); !used) {
      return used.error();
    }
    const auto name = wish.substr(0, wish.find('='));
    if (!replaced.insert(name).second) {
      return fail(Failure::usage, "--kernel was given twice for variant {}", name);
    }
  }
  auto left_out = choose_part(settings, experiment);
  if (!left_out) {
    return left_out.error();
  }
  experiment.seed = settings.seed.value_or(experiment.seed);
  for (auto& machine : experiment.machines) {
    if (machine.clock == machine::GuestClock::instructions) {
      if (settings.accel == "kvm") {
        return fail(Failure::usage,
                    "machine {} counts instructions, which only TCG can: leave out --accel kvm",
                    machine.name);
      }
    } else {
      use_accel(settings.accel, machine);
    }
  }
  for (const auto& wish : settings.probes) {
    if (auto used = use_probe(wish, experiment); !used) {
      return used.error();
    }
  }
  if (settings.max_trials && !settings.until_decided) {
    return fail(Failure::usage, "--max-trials limits --until-decided, which was not given");
  }
  if (settings.max_trials.value_or(experiment.trials) < experiment.trials) {
    return fail(Failure::usage, "--max-trials {} is less than the {} trials of the first look",
                *settings.max_trials, experiment.trials);
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

std::vector<std::string> notes_on(const experiment::Settings& settings, const LeftOut& left_out,
                                  const experiment::Experiment& experiment,
                                  const verdict::Schedule& schedule) {
  std::vector<std::string> notes;
  for (const auto& machine : experiment.machines) {
    if (auto note = qemu_options_note(machine, "machine " + machine.name); !note.empty()) {
      notes.push_back(std::move(note));
    }
  }
  if (const auto& claims = left_out.thorough; !claims.empty()) {
    notes.push_back(fmt::format("left out, --thorough decides {}: {}", claims.size() == 1 ? "it" : "them",
                                some_of(claims)));
  }
  if (const auto& claims = left_out.partial; !claims.empty()) {
    notes.push_back(fmt::format("left out, {} more of the matrix: {}",
                                claims.size() == 1 ? "it needs" : "they need", some_of(claims)));
  }
  if (settings.thorough && !experiment.thorough_trials &&
      std::none_of(experiment.workloads.begin(), experiment.workloads.end(),
                   [](const auto& run) { return run.thorough; })) {
    notes.push_back(fmt::format("experiment {} has nothing that only --thorough runs", experiment.name));
  }
  const auto trials = settings.repeat ? 1 : std::max(experiment.trials, schedule.cap);
  for (const auto& claim : experiment.claims) {
    if (claim.min_trials > trials) {
      notes.push_back(
          fmt::format("claim {} needs {} trials of each variant and this run makes {}: it cannot be decided",
                      claim.id, claim.min_trials, trials));
    }
  }
  return notes;
}

}  // namespace assay::run
