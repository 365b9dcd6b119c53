// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/run.hpp"

#include "base/files.hpp"
#include "base/log.hpp"
#include "experiment/plan.hpp"
#include "run/host.hpp"
#include "run/looks.hpp"
#include "run/programs.hpp"
#include "verdict/coverage.hpp"

#include <algorithm>
#include <utility>

namespace assay::run {
namespace {

/// What shows whether KVM runs guests; nothing when no guest is of the host's architecture.
Proof proof_of(const OpenRun& run) {
  for (const auto& use : run.inputs.experiment.variants) {
    const auto key = trial::kernel_key(use.name, Arch::x86_64);
    if (const auto kernel = run.boots.kernels.find(key); kernel != run.boots.kernels.end()) {
      return {kernel->second.image, run.boots.agents.at(key).initramfs};
    }
  }
  return {};
}

/// With all looks that may be needed.
unsigned planned_trials(const Inputs& inputs) {
  auto experiment = inputs.experiment;
  experiment.trials = std::max(experiment.trials, inputs.schedule.cap);
  return static_cast<unsigned>(experiment::planned_trials(experiment));
}

/// Writes it into the database, or that it is gone on with.
Task<Status> begin(const Places& places, OpenRun& run) {
  const auto& inputs = run.inputs;
  const auto settings = experiment::to_json(inputs.settings);
  if (inputs.past) {
    auto planned = run.results->replan(run.info.id, planned_trials(inputs), settings);
    // It may have been cut off before it had them.
    co_return planned ? keep_kernels(*run.results, run.info.id, inputs, run.boots) : planned;
  }
  auto toml = read_file(inputs.experiment.file);
  if (!toml) {
    co_return toml.error();
  }
  run.info.id = new_run_id(inputs.experiment.name);
  run.info.experiment = inputs.experiment.name;
  run.info.title = inputs.experiment.title;
  run.info.experiment_toml = std::move(*toml);
  run.info.settings = settings;
  const auto programs = digests_of(inputs.programs);
  run.info.host = co_await describe_host(*run.hypervisor, inputs.experiment, programs, places.experiments,
                                         inputs.agent_version, run.boots.agents.begin()->second.digest);
  run.info.started = utc_now();
  run.info.state = "running";
  run.info.planned = planned_trials(inputs);
  if (auto begun = run.results->begin_run(run.info); !begun) {
    co_return begun.error();
  }
  co_return keep_kernels(*run.results, run.info.id, inputs, run.boots);
}

/// A database that is open already, or opened now: what is wrong with it is told before minutes go into
/// kernels.
Result<std::unique_ptr<store::Store>> results_of(const Session& session, Inputs& inputs) {
  if (inputs.past) {
    return std::move(inputs.past->results);
  }
  return open_results(session);
}

Result<Judged> conclude(const Places& places, OpenRun& run, trial::RunEnd end) {
  auto trials = run.results->trials(run.info.id);
  if (!trials) {
    return trials.error();
  }
  // The database has them in the order in which they began.
  std::stable_sort(trials->begin(), trials->end(),
                   [](const auto& a, const auto& b) { return a.key.repeat < b.key.repeat; });
  store::RunView view{{}, std::move(*trials), {}};
  auto verdicts = judge(run, view.trials);
  if (!verdicts) {
    return verdicts.error();
  }
  view.verdicts = std::move(*verdicts);
  verdict::add_coverage(run.inputs.experiment, view.trials, view.verdicts);
  const bool complete = !end.interrupted && end.fatal.empty();
  if (auto ended = run.results->end_run(run.info.id, complete ? "finished" : "interrupted", view.verdicts);
      !ended) {
    return ended.error();
  }
  auto info = run.results->find_run(run.info.id);
  if (!info) {
    return info.error();
  }
  view.run = std::move(*info);
  auto go_on = fmt::format("assay run --resume {}{}", run.info.id, places.results_words);
  return Judged{std::move(view), std::move(end), std::move(go_on)};
}

Task<Result<Judged>> run_trials_of(Session& session, OpenRun& run, LogListener& log) {
  if (auto begun = co_await begin(session.places, run); !begun) {
    co_return begun.error();
  }
  const auto folder = session.places.runs() / run.info.id;
  if (auto made = make_directories(folder); !made) {
    co_return made.error();
  }
  if (auto opened = log.write_to(folder / "assay.log"); !opened) {
    co_return opened.error();
  }
  log_event("run {}: {} of {} trials are done, settings {}", run.info.id, run.done.size(), run.info.planned,
            run.info.settings);
  auto end = co_await run_looks(session, run);
  if (!end) {
    log_event("run {}: cannot go on: {}", run.info.id, end.error().text());
    co_return end.error();
  }
  auto judged = conclude(session.places, run, std::move(*end));
  const auto well = judged ? how_it_ended(*judged) : Status(judged.error());
  log_event("run {}: {}", run.info.id, well ? "finished" : well.error().text());
  co_return judged;
}

}  // namespace

Status how_it_ended(const Judged& judged) {
  const auto& [view, end, go_on] = judged;
  if (end.interrupted) {
    return fail(Failure::interrupted, "interrupted after {} of {} trials; to go on: {}", view.run.done,
                view.run.planned, go_on);
  }
  if (!end.fatal.empty()) {
    return fail(Failure::infrastructure, "the run was given up: {}\nto go on: {}", end.fatal, go_on);
  }
  return end.boot_error.empty() ? Status() : fail(Failure::boot, "{}", end.boot_error);
}

Task<Result<Concluded>> carry_out(Session& session, Inputs inputs, RunKernels known) {
  auto log = LogListener::in_mind();  // until the run has a folder
  auto results = results_of(session, inputs);
  if (!results) {
    co_return results.error();
  }
  auto boots = co_await build_run_kernels(session, inputs, std::move(known));
  if (!boots) {
    co_return boots.error();
  }
  if (!boots->nothing_to_judge.empty()) {
    co_return Concluded{{}, std::move(boots->nothing_to_judge)};
  }
  OpenRun run{std::move(inputs), std::move(*boots), std::move(*results), {}, {}, {}};
  if (auto& past = run.inputs.past) {
    run.info = past->info;
    run.done = past->done;
  }
  auto hypervisor = co_await connect(session, proof_of(run));
  if (!hypervisor) {
    co_return hypervisor.error();
  }
  run.hypervisor = std::move(*hypervisor);
  auto judged = co_await run_trials_of(session, run, log);
  if (auto closed = co_await run.hypervisor->close(); !closed) {
    session.progress.on_note(closed.error().text());
  }
  if (!judged) {
    co_return judged.error();
  }
  co_return Concluded{std::move(*judged), {}};
}

Task<Result<Concluded>> run_experiment(Session& session, Wish wish) {
  auto inputs = co_await read_inputs(session, std::move(wish));
  if (!inputs) {
    co_return inputs.error();
  }
  auto known = co_await find_run_kernels(session, *inputs);
  if (!known) {
    co_return known.error();
  }
  if (!known->nothing_to_judge.empty()) {
    co_return Concluded{{}, std::move(known->nothing_to_judge)};
  }
  co_return co_await carry_out(session, std::move(*inputs), std::move(*known));
}

}  // namespace assay::run
