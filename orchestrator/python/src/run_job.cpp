// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine.hpp"
#include "job.hpp"
#include "job_progress.hpp"
#include "run/apply.hpp"
#include "run/run.hpp"

#include <exception>
#include <utility>

namespace assay::python {
namespace {

Task<Result<std::string>> run(Job& job, RunWish& wish) {
  auto places = run::find_whole(wish.results, program_folder());
  if (!places) {
    co_return places.error();
  }
  for (auto& kernel : wish.settings.kernels) {
    kernel = run::with_absolute_path(kernel);
  }
  JobProgress progress(job);
  run::Session session{std::move(*places), job.interrupt(), progress, std::move(wish.connect)};
  const auto outcome = co_await run::run_experiment(session, std::move(wish));
  if (!outcome) {
    co_return outcome.error();
  }
  if (!outcome->judged) {
    co_return fail(Failure::usage, "{}", outcome->nothing_to_judge);
  }
  if (auto well = run::how_it_ended(*outcome->judged); !well) {
    co_return well.error();
  }
  co_return outcome->judged->view.run.id;
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
