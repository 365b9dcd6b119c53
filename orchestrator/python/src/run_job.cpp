// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine.hpp"
#include "job.hpp"
#include "job_progress.hpp"
#include "run/apply.hpp"

#include <exception>
#include <utility>

namespace assay::python {
namespace {

cli::RunOptions options_of(RunWish& wish) {
  cli::RunOptions options;
  options.experiment = std::move(wish.experiment);
  options.trials = wish.trials;
  options.seed = wish.seed;
  options.kernels = std::move(wish.kernels);
  options.probes = std::move(wish.probes);
  options.accel = std::move(wish.accel);
  options.jobs = wish.jobs;
  options.until_decided = wish.until_decided;
  options.max_trials = wish.max_trials;
  options.resume = wish.resume;
  return options;
}

Task<Result<std::string>> run(Job& job, RunWish& wish) {
  cli::Globals globals(job.interrupt());
  globals.results = std::move(wish.results);
  globals.connect = std::move(wish.connect);
  globals.program_folder = program_folder();
  globals.quiet = true;
  JobProgress progress(job);
  auto view = co_await cli::judge_experiment(globals, options_of(wish), progress);
  if (!view) {
    co_return view.error();
  }
  co_return view->run.id;
}

/// run() as something that always has a last word.
Task<> run_to_the_end(std::shared_ptr<Job> job, RunWish wish) {
  Result<std::string> end = fail(Failure::infrastructure, "unexpected: no exception has said why");
  try {
    end = co_await run(*job, wish);
  } catch (const std::exception& error) {
    end = fail(Failure::infrastructure, "unexpected: {}; this is a mistake in Assay", error.what());
  }
  job->finish(std::move(end));
}

}  // namespace

std::shared_ptr<Job> start_run(RunWish wish) {
  auto job = std::make_shared<Job>();
  Engine::of_process().start(
      [job, wish = std::move(wish)]() mutable { return run_to_the_end(job, std::move(wish)); });
  return job;
}

}  // namespace assay::python
