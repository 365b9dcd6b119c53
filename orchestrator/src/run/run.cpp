// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/display.hpp"
#include "cli/dry_run.hpp"
#include "cli/messages.hpp"
#include "cli/run_end.hpp"
#include "cli/surroundings.hpp"
#include "cli/values.hpp"
#include "cli/verb.hpp"
#include "experiment/plan.hpp"
#include "report/report.hpp"
#include "run/apply.hpp"
#include "run/host.hpp"
#include "run/kernels.hpp"
#include "run/probes.hpp"
#include "run/run_kernels.hpp"
#include "trial/scheduler.hpp"
#include "verdict/coverage.hpp"
#include "verdict/percentiles.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

namespace assay::cli {
namespace {

/// A run on its way: what the steps below hand to each other.
struct Run {
  Globals& globals;
  RunOptions options;
  Places places;
  Progress& progress;
  experiment::Experiment experiment = {};
  LeftOut left_out = {};
  std::map<std::string, kernel::Variant> variants = {};
  RunKernels boots = {};
  trial::Probing probing = {};
  std::string agent_version = {};
  std::unique_ptr<machine::Hypervisor> hypervisor = {};
  std::unique_ptr<store::Store> results = {};
  store::RunInfo info = {};
  std::set<trial::TrialKey> done = {};
  verdict::Schedule schedule = {};
};

/// The run to resume: its experiment as it was, its trials that have an outcome of their own.
Result<void> pick_up(Run& run) {
  auto found = run.results->find_run(run.options.experiment.empty() ? "last" : run.options.experiment);
  if (!found) {
    return found.error();
  }
  run.info = std::move(*found);
  if (auto ours = run.results->go_on(run.info.id); !ours) {
    return ours.error();
  }
  auto options = from_settings(run.info.settings, run.options);
  if (!options) {
    return options.error();
  }
  run.options = std::move(*options);
  auto trials = run.results->trials(run.info.id);
  if (!trials) {
    return trials.error();
  }
  for (const auto& record : *trials) {
    if (record.outcome != trial::Outcome::lost) {
      run.done.insert(record.key);
    }
  }
  return {};
}

Task<Status> read_inputs(Run& run) {
  auto catalogue = co_await experiment::ask_agent(run.places.agent);
  if (!catalogue) {
    co_return catalogue.error();
  }
  run.agent_version = catalogue->agent_version();
  if (run.options.resume) {
    auto results = open_results(run.places);
    if (!results) {
      co_return results.error();
    }
    run.results = std::move(*results);
    if (auto picked = pick_up(run); !picked) {
      co_return picked.error();
    }
  }
  auto experiment =
      run.options.resume
          ? experiment::parse_experiment(run.info.experiment_toml,
                                         fmt::format("experiment of run {}", run.info.id), *catalogue)
          : experiment::load_experiment(run.options.experiment, run.places.experiments, *catalogue);
  if (!experiment) {
    co_return experiment.error();
  }
  run.experiment = std::move(*experiment);
  if (!run.options.resume) {
    anchor_kernels(run.options, run.experiment);
  }
  auto applied = apply(run.options, run.experiment);
  if (!applied) {
    co_return applied.error();
  }
  run.left_out = std::move(*applied);
  for (const auto& machine : run.experiment.machines) {
    if (auto fits = fits_here(run.globals, machine.memory, "machine " + machine.name); !fits) {
      co_return fits.error();
    }
  }
  run.schedule = schedule_of(run.options, run.experiment);
  if (run.options.until_decided) {
    run.options.max_trials = run.schedule.cap;
  }
  auto variants = variants_of(run.experiment, run.places);
  if (!variants) {
    co_return variants.error();
  }
  run.variants = std::move(*variants);
  co_return Status();
}

/// All that can be told before a kernel is built.
Task<Status> find_kernels(Run& run) {
  auto found = co_await find_run_kernels(run.globals, run.places, run.experiment, run.variants);
  if (!found) {
    co_return found.error();
  }
  run.boots = std::move(*found);
  co_return same_kernels(run.info, run.boots);
}

Task<Status> build_kernels(Run& run) {
  if (!run.results) {  // what is wrong with them is told before minutes go into kernels
    auto results = open_results(run.places);
    if (!results) {
      co_return results.error();
    }
    run.results = std::move(*results);
  }
  auto built = co_await build_run_kernels(run.globals, run.places, run.experiment, run.variants,
                                          std::move(run.boots), run.progress);
  if (!built) {
    co_return built.error();
  }
  run.boots = std::move(*built);
  if (!run.boots.nothing_to_judge.empty()) {
    co_return Status();
  }
  auto probing = co_await place_probes(run.places, run.experiment, run.variants, run.boots.kernels);
  if (!probing) {
    co_return probing.error();
  }
  run.probing = std::move(*probing);
  co_return same_kernels(run.info, run.boots);
}

struct Proof {
  fs::path kernel;
  fs::path initramfs;
};

/// What shows whether KVM runs guests; nothing when no guest is of the host's architecture.
Proof proof_of(const Run& run) {
  for (const auto& use : run.experiment.variants) {
    const auto key = trial::kernel_key(use.name, Arch::x86_64);
    if (const auto kernel = run.boots.kernels.find(key); kernel != run.boots.kernels.end()) {
      return {kernel->second.image, run.boots.agents.at(key).initramfs};
    }
  }
  return {};
}

/// With all looks that may be needed.
unsigned planned_trials(const Run& run) {
  auto experiment = run.experiment;
  experiment.trials = std::max(experiment.trials, run.schedule.cap);
  return static_cast<unsigned>(experiment::planned_trials(experiment));
}

Status keep_run_kernels(Run& run) {
  return keep_kernels(*run.results, run.info.id, run.experiment, run.variants, run.boots);
}

Task<Status> open_run(Run& run) {
  auto proof = proof_of(run);
  auto hypervisor =
      co_await connect(run.globals, run.places, std::move(proof.kernel), std::move(proof.initramfs));
  if (!hypervisor) {
    co_return hypervisor.error();
  }
  run.hypervisor = std::move(*hypervisor);
  if (run.options.resume) {
    auto planned = run.results->replan(run.info.id, planned_trials(run), to_settings(run.options));
    co_return planned ? keep_run_kernels(run) : planned;  // it may have been cut off before it had them
  }
  auto toml = read_file(run.experiment.file);
  if (!toml) {
    co_return toml.error();
  }
  run.info.id = new_run_id(run.experiment.name);
  run.info.experiment = run.experiment.name;
  run.info.title = run.experiment.title;
  run.info.experiment_toml = std::move(*toml);
  run.info.settings = to_settings(run.options);
  run.info.host = co_await describe_host(*run.hypervisor, run.experiment, run.agent_version,
                                         run.boots.agents.begin()->second.digest);
  run.info.started = utc_now();
  run.info.state = "running";
  run.info.planned = planned_trials(run);
  if (auto begun = run.results->begin_run(run.info); !begun) {
    co_return begun.error();
  }
  co_return keep_run_kernels(run);
}

/// The clock in the live lines: runs until cancelled.
Task<> keep_fresh(Progress& progress) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  boost::system::error_code error;
  while (!error) {
    timer.expires_after(std::chrono::milliseconds(500));
    std::tie(error) = co_await timer.async_wait(noexcept_awaitable);
    progress.refresh();
  }
}

Task<Result<trial::RunEnd>> run_trials(Run& run) {
  const auto run_folder = run.places.runs() / run.info.id;
  if (auto made = make_directories(run_folder); !made) {
    co_return made.error();
  }
  trial::RunContext context{*run.hypervisor,
                            experiment::machines_of(run.experiment),
                            run.boots.kernels,
                            run.boots.agents,
                            run_folder,
                            run.hypervisor->socket_folder(),
                            run.results->sink(run.info.id),
                            run.progress,
                            run.globals.interrupt,
                            {},
                            run.probing};  // the next look needs it, too
  auto capacity = trial::host_capacity();
  if (run.options.jobs > 0) {
    capacity.guests = run.options.jobs;
  }
  run.globals.on_stop = "guests are being destroyed, finished trials are kept";
  run.progress.begin_trials(experiment::planned_trials(run.experiment), run.done.size());
  auto jobs = experiment::plan(run.experiment, run.done);
  using namespace asio::experimental::awaitable_operators;
  auto first = co_await (trial::run_all(context, std::move(jobs), capacity) || keep_fresh(run.progress));
  run.progress.clear();
  co_return std::get<0>(std::move(first));
}

/// Trials with the percentiles of their samples that claims ask for.
Result<std::vector<verdict::ClaimVerdict>> judged(Run& run, verdict::Trials trials) {
  const auto read = [&run](const trial::TrialKey& key, const std::string& metric) {
    auto series = run.results->samples(run.info.id, key, metric);
    using Values = Result<std::vector<std::int64_t>>;
    return !series           ? Values(series.error())
           : series->empty() ? Values({})
                             : Values(std::move(series->front().values));
  };
  if (auto added = verdict::add_percentiles(run.experiment, trials, read); !added) {
    return added.error();
  }
  auto verdicts = verdict::judge_all(run.experiment, trials, run.schedule);
  verdict::set_aside_same_kernels(run.experiment, run.boots.likeness, verdicts);
  return verdicts;
}

/// Whether the claims need the next look; notes what this one found. Its trials count as done, the lost ones
/// too: they had their second attempt.
Result<bool> wants_more(Run& run, unsigned look) {
  const auto trials = run.results->trials(run.info.id);
  if (!trials) {
    return trials.error();
  }
  for (const auto& record : *trials) {
    run.done.insert(record.key);
  }
  const auto verdicts = judged(run, *trials);
  if (!verdicts) {
    return verdicts.error();
  }
  const auto settled = std::count_if(verdicts->begin(), verdicts->end(), verdict::is_settled);
  const bool more = static_cast<std::size_t>(settled) < verdicts->size() && look < run.schedule.looks();
  run.progress.on_note(fmt::format("look {} of {}, {} trials of each: {} of {} claims are settled{}", look,
                                   run.schedule.looks(), run.schedule.repeats_at(look), settled,
                                   verdicts->size(), more ? "; going on" : ""));
  return more;
}

/// All trials, or as many looks as the claims need.
Task<Result<trial::RunEnd>> run_looks(Run& run) {
  if (!run.options.until_decided) {
    co_return co_await run_trials(run);
  }
  for (unsigned look = 1;; ++look) {
    run.experiment.trials = run.schedule.repeats_at(look);
    auto end = co_await run_trials(run);
    if (!end || end->interrupted || !end->fatal.empty() || !end->boot_error.empty()) {
      co_return end;
    }
    const auto more = wants_more(run, look);
    if (!more) {
      co_return more.error();
    }
    if (!*more) {
      co_return end;
    }
  }
}

Result<Judged> conclude(Run& run, trial::RunEnd end) {
  auto trials = run.results->trials(run.info.id);
  if (!trials) {
    return trials.error();
  }
  // The database has them in the order in which they began.
  std::stable_sort(trials->begin(), trials->end(),
                   [](const auto& a, const auto& b) { return a.key.repeat < b.key.repeat; });
  report::RunView view{{}, std::move(*trials), {}};
  auto verdicts = judged(run, view.trials);
  if (!verdicts) {
    return verdicts.error();
  }
  view.verdicts = std::move(*verdicts);
  verdict::add_coverage(run.experiment, view.trials, view.verdicts);
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
  return Judged{std::move(view), std::move(end)};
}

Task<Status> prepare(Run& run) {
  if (auto read = co_await read_inputs(run); !read) {
    co_return read.error();
  }
  for (const auto& note : notes_on(run.options, run.left_out, run.experiment, run.schedule)) {
    run.progress.on_note(note);
  }
  std::set<std::string> said;
  for (const auto& [key, variant] : run.variants) {
    for (const auto& note : variant.notes) {
      if (said.insert(note).second) {
        run.progress.on_note(note);
      }
    }
  }
  run.globals.on_stop = "what is under way is being ended";
  co_return co_await find_kernels(run);
}

/// With kernels that there is something to judge of.
Task<Result<Judged>> carry_out(Run& run) {
  if (auto opened = co_await open_run(run); !opened) {
    co_return opened.error();
  }
  auto end = co_await run_looks(run);
  if (auto closed = co_await run.hypervisor->close(); !closed) {
    run.progress.on_note(closed.error().text());
  }
  if (!end) {
    co_return end.error();
  }
  co_return conclude(run, std::move(*end));
}

Result<Places> places_for(const Globals& globals, RunOptions& options) {
  if (options.experiment.empty() && !options.resume) {
    return fail(Failure::usage,
                "which experiment? Name a folder or file; assay list experiments shows what is here");
  }
  for (auto& wish : options.kernels) {
    wish = with_absolute_path(wish);  // a resumed run may be in another folder
  }
  return find_whole(globals.results, globals.program_folder);
}

}  // namespace

Task<Result<ExitCode>> run_experiment(Globals& globals, RunOptions options) {
  auto places = places_for(globals, options);
  if (!places) {
    co_return places.error();
  }
  Display display(globals.quiet);
  Run run{globals, std::move(options), std::move(*places), display};
  if (auto ready = co_await prepare(run); !ready) {
    co_return ready.error();
  }
  if (run.boots.nothing_to_judge.empty()) {
    if (run.options.dry_run) {
      co_return co_await dry_run(run.globals, run.places, run.experiment, run.variants, run.boots, display,
                                 run.options.verbose);
    }
    auto built = co_await build_kernels(run);
    if (!built) {
      co_return built.error();
    }
  }
  if (!run.boots.nothing_to_judge.empty()) {
    display.clear();
    tell(run.boots.nothing_to_judge);
    co_return ExitCode::nothing_ran;
  }
  const auto judged = co_await carry_out(run);
  co_return judged ? report_run(run.globals, run.options, run.places, *judged) : judged.error();
}

Task<Result<report::RunView>> judge_experiment(Globals& globals, RunOptions options, Progress& progress) {
  auto places = places_for(globals, options);
  if (!places) {
    co_return places.error();
  }
  Run run{globals, std::move(options), std::move(*places), progress};
  if (auto ready = co_await prepare(run); !ready) {
    co_return ready.error();
  }
  if (run.boots.nothing_to_judge.empty()) {
    auto built = co_await build_kernels(run);
    if (!built) {
      co_return built.error();
    }
  }
  if (!run.boots.nothing_to_judge.empty()) {
    co_return Error(Failure::usage, run.boots.nothing_to_judge);
  }
  auto judged = co_await carry_out(run);
  if (!judged) {
    co_return judged.error();
  }
  if (auto well = how_it_ended(*judged); !well) {
    co_return well.error();
  }
  co_return std::move(judged->view);
}

void add_run(CLI::App& app, Globals& globals, Action& chosen) {
  auto options = std::make_shared<RunOptions>();
  auto* verb =
      app.add_subcommand("run", "build the kernels of an experiment, run its trials, print the verdicts");
  takes(verb->add_option(
            "experiment", options->experiment,
            "folder or experiment.toml, or a name below experiments/; with --resume a run (default: "
            "the last)"),
        named("EXPERIMENT"));
  takes(verb->add_option("--kernel", options->kernels,
                         "this kernel for the experiment's variant NAME; may be repeated"),
        named("NAME=KERNEL"));
  auto* resume =
      verb->add_flag("--resume", options->resume, "go on with a run that was interrupted or killed");
  add_run_options(*verb, options);
  verb->footer(
      "Examples:\n"
      "  assay run shared-fault-vma-lock\n"
      "  assay run --trials 5 --workload shared-write experiments/shared-fault-vma-lock\n"
      "  assay run shared-fault-vma-lock --kernel after=linux-6.12+lockdep --dry-run\n"
      "  assay run --resume\n" +
      exit_codes_of_runs());
  for (const char* kept :
       {"--kernel", "--seed", "--accel", "--thorough", "--workload", "--variant", "--machine", "--repeat"}) {
    verb->get_option(kept)->excludes(resume);  // one run, one set of conditions
  }
  verb->callback([&globals, &chosen, options] {
    chosen = [&globals, options] { return run_experiment(globals, *options); };
  });
}

}  // namespace assay::cli
