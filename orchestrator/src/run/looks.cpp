// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/looks.hpp"

#include "base/log.hpp"
#include "experiment/plan.hpp"
#include "verdict/percentiles.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace assay::run {
namespace {

Task<trial::RunEnd> run_trials(Session& session, OpenRun& run) {
  const auto& experiment = run.inputs.experiment;
  trial::RunContext context{*run.hypervisor,
                            experiment::machines_of(experiment),
                            run.boots.kernels,
                            run.boots.agents,
                            session.places.runs() / run.info.id,
                            run.hypervisor->socket_folder(),
                            run.results->sink(run.info.id),
                            session.progress,
                            session.interrupt,
                            {},
                            run.boots.probing};
  auto capacity = trial::host_capacity();
  capacity.guests = run.inputs.settings.jobs.value_or(capacity.guests);
  session.progress.stop_means("guests are being destroyed, finished trials are kept");
  session.progress.begin_trials(experiment::planned_trials(experiment), run.done.size());
  auto jobs = experiment::plan(experiment, run.done);
  using namespace asio::experimental::awaitable_operators;
  auto first = co_await (trial::run_all(context, std::move(jobs), std::move(capacity)) ||
                         keep_fresh(session.progress));
  session.progress.clear();
  co_return std::get<0>(std::move(first));
}

/// Whether the claims need the next look; notes what this one found. Its trials count as done, the lost ones
/// too: they had their second attempt.
Result<bool> wants_more(Session& session, OpenRun& run, unsigned look) {
  const auto trials = run.results->trials(run.info.id);
  if (!trials) {
    return trials.error();
  }
  for (const auto& record : *trials) {
    run.done.insert(record.key);
  }
  const auto verdicts = judge(run, *trials);
  if (!verdicts) {
    return verdicts.error();
  }
  const auto& schedule = run.inputs.schedule;
  const auto settled = std::count_if(verdicts->begin(), verdicts->end(), verdict::is_settled);
  const bool more = static_cast<std::size_t>(settled) < verdicts->size() && look < schedule.looks();
  log_event("run {}: look {}: {} of {} claims are settled", run.info.id, look, settled, verdicts->size());
  session.progress.on_note(fmt::format("look {} of {}, {} trials of each: {} of {} claims are settled{}",
                                       look, schedule.looks(), schedule.repeats_at(look), settled,
                                       verdicts->size(), more ? "; going on" : ""));
  return more;
}

}  // namespace

Task<> keep_fresh(Progress& progress) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  boost::system::error_code error;
  while (!error) {
    timer.expires_after(std::chrono::milliseconds(500));
    std::tie(error) = co_await timer.async_wait(noexcept_awaitable);
    progress.refresh();
  }
}

Task<Result<trial::RunEnd>> run_looks(Session& session, OpenRun& run) {
  if (!run.inputs.settings.until_decided) {
    co_return co_await run_trials(session, run);
  }
  for (unsigned look = 1;; ++look) {
    run.inputs.experiment.trials = run.inputs.schedule.repeats_at(look);
    auto end = co_await run_trials(session, run);
    if (end.interrupted || !end.fatal.empty() || !end.boot_error.empty()) {
      co_return end;
    }
    const auto more = wants_more(session, run, look);
    if (!more) {
      co_return more.error();
    }
    if (!*more) {
      co_return end;
    }
  }
}

Result<std::vector<verdict::ClaimVerdict>> judge(const OpenRun& run, verdict::Trials trials) {
  const auto read = [&run](const trial::TrialKey& key, const std::string& metric) {
    auto series = run.results->samples(run.info.id, key, metric);
    using Values = Result<std::vector<std::int64_t>>;
    return !series           ? Values(series.error())
           : series->empty() ? Values({})
                             : Values(std::move(series->front().values));
  };
  const auto& experiment = run.inputs.experiment;
  if (auto added = verdict::add_percentiles(experiment, trials, read); !added) {
    return added.error();
  }
  auto verdicts = verdict::judge_all(experiment, trials, run.inputs.schedule);
  verdict::set_aside_same_kernels(experiment, run.boots.likeness, verdicts);
  return verdicts;
}

}  // namespace assay::run
