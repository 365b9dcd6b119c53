// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/inputs.hpp"

#include "experiment/catalogue.hpp"
#include "experiment/experiment_reader.hpp"
#include "experiment/load.hpp"
#include "run/host.hpp"
#include "run/kernels.hpp"
#include "run/programs.hpp"
#include "store/open_store.hpp"

#include <utility>

namespace assay::run {
namespace {

/// The run to resume: its experiment as it was, its trials that have an outcome of their own.
Result<Past> pick_up(Session& session, const std::string& name) {
  std::error_code error;
  auto results = fs::exists(session.places.database(), error)
                     ? open_results(session)
                     : Result<std::unique_ptr<store::Store>>(store::no_results());
  if (!results) {
    return results.error();
  }
  auto found = (*results)->find_run(name.empty() ? "last" : name);
  if (!found) {
    return found.error();
  }
  Past past{std::move(*results), std::move(*found), {}};
  if (auto ours = past.results->go_on(past.info.id); !ours) {
    return ours.error();
  }
  const auto trials = past.results->trials(past.info.id);
  if (!trials) {
    return trials.error();
  }
  for (const auto& record : *trials) {
    if (record.outcome != trial::Outcome::lost) {
      past.done.insert(record.key);
    }
  }
  return past;
}

Result<experiment::Settings> settings_of(const Past& past, const experiment::Settings& now) {
  auto then = experiment::settings_from(past.info.settings);
  if (!then) {
    return fail(Failure::infrastructure, "the settings of run {} in the database are damaged: {}",
                past.info.id, then.error().text());
  }
  return experiment::resumed(std::move(*then), now);
}

Result<experiment::Experiment> experiment_of(const Session& session, const Inputs& inputs,
                                             const std::string& name,
                                             const experiment::Catalogue& catalogue) {
  return inputs.past ? experiment::parse_experiment(inputs.past->info.experiment_toml,
                                                    fmt::format("experiment of run {}", inputs.past->info.id),
                                                    catalogue)
                     : experiment::load_experiment(name, session.places.experiments, catalogue);
}

/// Changes the experiment as the settings say, and finds what that needs.
Status settle(Session& session, Inputs& inputs) {
  if (!inputs.past) {
    anchor_kernels(inputs.settings, inputs.experiment);
  }
  const auto left_out = apply(inputs.settings, inputs.experiment);
  if (!left_out) {
    return left_out.error();
  }
  for (const auto& machine : inputs.experiment.machines) {
    if (auto fits = fits_here(session, machine.whole_memory(), "machine " + machine.name); !fits) {
      return fits;
    }
  }
  inputs.schedule = schedule_of(inputs.settings, inputs.experiment);
  if (inputs.settings.until_decided) {
    inputs.settings.max_trials = inputs.schedule.cap;
  }
  auto variants = variants_of(inputs.experiment, session.places);
  if (!variants) {
    return variants.error();
  }
  inputs.variants = std::move(*variants);
  for (const auto& note : notes_on(inputs.settings, *left_out, inputs.experiment, inputs.schedule)) {
    session.progress.on_note(note);
  }
  return {};
}

/// One run, one set of conditions: those of a run that is resumed are what they were.
Status same_programs(const Past& past, const Programs& now) {
  const auto then = programs_then(past.info.host);
  for (const auto& [key, digest] : digests_of(now)) {
    const auto before = then.find(key);
    if (before != then.end() && before->second != digest) {
      return fail(
          Failure::usage,
          "cannot resume {}: the program of workload {} is another one now, or what it needs is; start "
          "a new run, or bring it back",
          past.info.id, key);
    }
  }
  return {};
}

/// Of a run that is resumed they lie where its experiment was.
Task<Result<Programs>> programs_of(const Session& session, Inputs& inputs) {
  auto folder = inputs.past ? folder_then(inputs.past->info.host, session.places.experiments)
                            : inputs.experiment.file.parent_path();
  auto programs = co_await find_programs(session.places, inputs.experiment, std::move(folder));
  if (programs && inputs.past) {
    if (auto same = same_programs(*inputs.past, *programs); !same) {
      co_return same.error();
    }
  }
  co_return programs;
}

void tell_notes_of_variants(Session& session, const Inputs& inputs) {
  std::set<std::string> said;
  for (const auto& [key, variant] : inputs.variants) {
    for (const auto& note : variant.notes) {
      if (said.insert(note).second) {
        session.progress.on_note(note);
      }
    }
  }
}

}  // namespace

Task<Result<Inputs>> read_inputs(Session& session, Wish wish) {
  const auto catalogue = co_await experiment::ask_agent(session.places.agent);
  if (!catalogue) {
    co_return catalogue.error();
  }
  Inputs inputs;
  inputs.agent_version = catalogue->agent_version();
  inputs.settings = std::move(wish.settings);
  if (wish.resume) {
    auto past = pick_up(session, wish.experiment);
    if (!past) {
      co_return past.error();
    }
    inputs.past = std::move(*past);
    auto settings = settings_of(*inputs.past, inputs.settings);
    if (!settings) {
      co_return settings.error();
    }
    inputs.settings = std::move(*settings);
  }
  auto experiment = experiment_of(session, inputs, wish.experiment, *catalogue);
  if (!experiment) {
    co_return experiment.error();
  }
  inputs.experiment = std::move(*experiment);
  if (auto settled = settle(session, inputs); !settled) {
    co_return settled.error();
  }
  auto programs = co_await programs_of(session, inputs);
  if (!programs) {
    co_return programs.error();
  }
  inputs.programs = std::move(*programs);
  tell_notes_of_variants(session, inputs);
  co_return inputs;
}

}  // namespace assay::run
