// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/talk.hpp"

#include "base/text.hpp"
#include "trial/time_out.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace assay::trial {
namespace {

using guest::Trouble;

/// Above the numbers that an agent gives to its own metrics.
constexpr std::uint32_t first_probe_metric = 0x4000'0000;

link::Start start_order(const Order& order, std::uint64_t number) {
  link::Start start;
  start.order = number;
  start.workload = order.workload;
  start.seed = order.seed;
  start.parameters.assign(order.parameters.begin(), order.parameters.end());
  start.sample_interval_ns = static_cast<std::uint64_t>(order.sampling.interval.count());
  start.sources = order.sampling.sources;
  start.timeout_ns = static_cast<std::uint64_t>(order.timeout.count());
  if (order.program) {
    start.program = order.program->run;
    start.setup = order.program->setup;
    start.settle = order.program->settle;
    for (auto* beside : {&start.setup, &start.settle}) {
      if (*beside) {
        (*beside)->timeout_ns = start.timeout_ns / 10 * 9;  // skipped before the trial is timed out
      }
    }
    start.program->environment.push_back(fmt::format("ASSAY_SEED={}", order.seed));
    start.marks = order.program->marks;
    start.memory_limit = order.program->memory.value();
  }
  return start;
}

/// What the worker's end means for the trial.
void settle(TrialRecord& record, const link::WorkerResult& result) {
  record.reason = printable(result.reason);
  const auto failed = [&record](std::string why) {
    record.outcome = Outcome::fail;
    record.reason = record.reason.empty() ? std::move(why) : why + ": " + record.reason;
  };
  switch (result.fate) {
    case link::Fate::finished:
      record.outcome = result.outcome == link::WorkOutcome::pass   ? Outcome::pass
                       : result.outcome == link::WorkOutcome::skip ? Outcome::skip
                                                                   : Outcome::fail;
      break;
    case link::Fate::refused:
      failed("the agent refused the order");
      break;
    case link::Fate::exited:
      failed(fmt::format("the worker ended with exit code {} and no result", result.code));
      break;
    case link::Fate::signalled:
      failed(fmt::format("the worker was killed by signal {}", result.code));
      break;
    case link::Fate::oom_killed:
      failed("the guest's OOM killer ended the worker");
      break;
    case link::Fate::stopped:
      failed("the worker was stopped");
      break;
    case link::Fate::stuck:  // became a finding before
    case link::Fate::timed_out:
      failed(std::string(time_out_reason));
      break;
  }
}

/// The first check that failed, for the reason of a failed trial.
void explain_checks(TrialRecord& record) {
  for (const auto& check : record.checks) {
    if (!check.ok) {
      if (record.outcome == Outcome::pass) {
        record.outcome = Outcome::fail;
      }
      if (record.reason.empty()) {
        record.reason = fmt::format("check {} failed: {}", check.name, check.detail);
      }
      return;
    }
  }
}

Trouble lost(std::string why) { return {Trouble::Kind::broken, std::move(why)}; }

}  // namespace

Status Talk::begin_probes(const TrialKey& key, std::uint64_t seed) {
  if (probes_ == nullptr) {
    return {};
  }
  probes_sampled_ns_ = 0;
  probes_->begin(key.workload, seed, true);
  std::vector<link::MetricInfo> metrics;
  for (const auto& figure : probes_->figure_names()) {
    metrics.push_back(
        {first_probe_metric + static_cast<std::uint32_t>(metrics.size()), figure.name, figure.unit});
  }
  return sink_.add_metrics(key, metrics);
}

Status Talk::sample_probes(const TrialKey& key, std::uint64_t time_ns) {
  if (probes_ == nullptr || time_ns <= probes_sampled_ns_) {
    return {};
  }
  link::SampleBatch batch;
  for (const auto& [name, value] : probes_->figures()) {
    batch.metrics.push_back(first_probe_metric + static_cast<std::uint32_t>(batch.metrics.size()));
    batch.values.push_back(value);
  }
  if (batch.metrics.empty()) {
    return {};
  }
  probes_sampled_ns_ = time_ns;
  batch.times = {time_ns};
  return sink_.add_samples(key, batch);
}

Status Talk::hand_on(const TrialKey& key, link::Message& message) {
  if (auto* metrics = std::get_if<link::Metrics>(&message)) {
    return sink_.add_metrics(key, metrics->metrics);
  }
  if (auto* samples = std::get_if<link::Samples>(&message)) {
    const auto& times = samples->batch.times;
    if (auto kept = sink_.add_samples(key, samples->batch); !kept || times.empty()) {
      return kept;
    }
    return sample_probes(key, times.back());
  }
  if (auto* event = std::get_if<link::Event>(&message)) {
    return sink_.add_event(key,
                           {event->time_ns, printable(event->name), printable(event->detail), event->value});
  }
  if (auto* output = std::get_if<link::Output>(&message); output != nullptr && program_) {
    program_->hear(*output);
    return {};
  }
  if (auto* ended = std::get_if<link::Ended>(&message); ended != nullptr && program_) {
    program_->end(*ended);
    return {};
  }
  if (auto* log = std::get_if<link::Log>(&message)) {
    return sink_.add_event(key, {log->time_ns, "log." + log->level, printable(log->text), 0});
  }
  if (auto* heartbeat = std::get_if<link::Heartbeat>(&message)) {
    agent_dropped_frames_ = heartbeat->dropped_frames;
    agent_dropped_samples_ = heartbeat->dropped_samples;
    return sample_probes(key, heartbeat->time_ns);
  }
  return {};
}

Task<std::optional<Trouble>> Talk::note(Trouble trouble) {
  auto& findings = trouble.findings;
  const bool stands = std::ranges::any_of(findings, &finding::Report::stalled);
  if (trouble.kind != Trouble::Kind::complaint) {
    co_return with_complaints(std::move(trouble));
  }
  if (stands) {
    co_await guest_.show_tasks(trouble);
    co_return with_complaints(std::move(trouble));
  }
  std::move(findings.begin(), findings.end(), std::back_inserter(complaints_));
  co_return std::nullopt;
}

Trouble Talk::with_complaints(Trouble trouble) {
  auto& findings = trouble.findings;
  if (trouble.kind == Trouble::Kind::stopped || complaints_.empty()) {
    return trouble;
  }
  // Whatever became of the guest then, what its kernel said first is the result.
  findings.insert(findings.begin(), std::make_move_iterator(complaints_.begin()),
                  std::make_move_iterator(complaints_.end()));
  if (!trouble.is_finding()) {
    findings.front().text += fmt::format("(then {})\n", trouble.why);
    trouble.kind = Trouble::Kind::complaint;
  }
  return trouble;
}

Status Talk::keep_rumours(const TrialKey& key, std::uint64_t time_ns) {
  for (auto& title : guest_.take_rumours()) {
    if (auto kept = sink_.add_event(key, {time_ns, "console.not_the_kernel", printable(title), 0}); !kept) {
      return kept;
    }
  }
  return {};
}

Task<std::variant<TrialRecord, Trouble>> Talk::conclude(TrialRecord record, link::WorkerResult result) {
  // The kernel may have printed its complaint just before the agent sent the result.
  if (auto trouble = co_await guest_.reported()) {
    if (auto last = co_await note(std::move(*trouble))) {
      co_return std::move(*last);
    }
  }
  if (result.fate == link::Fate::stuck) {
    auto stuck = co_await guest_.stuck(record.key.workload);
    co_return with_complaints(std::move(stuck));
  }
  if (auto kept = keep_rumours(record.key, result.end_ns); !kept) {
    co_return lost(kept.error().text());
  }
  for (auto& counter : result.counters) {
    record.counters.push_back({printable(counter.name), counter.value});
  }
  for (auto& check : result.checks) {
    record.checks.push_back({printable(check.name), check.ok, printable(check.detail)});
  }
  record.measured = Nanoseconds(static_cast<std::int64_t>(result.end_ns - result.begin_ns));
  settle(record, result);
  if (program_) {
    program_->conclude(record);
    for (const auto& complaint : program_->output().complaints()) {
      if (auto kept = sink_.add_event(record.key, {result.end_ns, "program.output", complaint, 0}); !kept) {
        co_return lost(kept.error().text());
      }
    }
  }
  explain_checks(record);
  if (!complaints_.empty()) {
    record.outcome = Outcome::finding;
    record.reason = complaints_.front().title;
    record.findings = std::move(complaints_);
  }
  co_return record;
}

Status Talk::begin(const TrialKey& key, const Order& order) {
  complaints_.clear();
  program_.reset();
  if (order.program) {
    program_.emplace(*order.program);
  }
  const auto begun = sink_.begin_trial(key, order.seed);
  return begun ? begin_probes(key, order.seed) : begun;
}

Task<Status> Talk::start(const Order& order) {
  guest_.begin_order();
  auto start = start_order(order, ++order_);
  co_return co_await guest_.session().send(std::move(start));
}

Task<std::variant<TrialRecord, Trouble>> Talk::run(TrialKey key, const Order& order) {
  TrialRecord record;
  record.key = std::move(key);
  record.seed = order.seed;
  if (auto begun = begin(record.key, order); !begun) {
    co_return lost(begun.error().text());
  }
  const auto lost_before = guest_.session().lost_frames();
  const auto samples_before = agent_dropped_samples_;
  if (auto started = co_await start(order); !started) {
    co_return lost(started.error().text());
  }
  const auto until = Clock::now() + order.timeout + guest_.patience().overtime;
  while (Clock::now() < until) {
    auto news = co_await guest_.next();
    if (auto* trouble = std::get_if<Trouble>(&news)) {
      if (auto last = co_await note(std::move(*trouble))) {
        co_return std::move(*last);
      }
      continue;
    }
    auto* message = std::get_if<link::Message>(&news);
    if (message == nullptr) {
      continue;
    }
    auto* result = std::get_if<link::WorkerResult>(message);
    if (result != nullptr && result->order == order_) {
      record.dropped_frames = guest_.session().lost_frames() - lost_before;
      record.dropped_samples = agent_dropped_samples_ - samples_before;
      if (auto kept = sample_probes(record.key, result->end_ns); !kept) {
        co_return lost(kept.error().text());
      }
      co_return co_await conclude(std::move(record), std::move(*result));
    }
    if (auto kept = hand_on(record.key, *message); !kept) {
      co_return lost(kept.error().text());
    }
  }
  auto trouble = co_await guest_.overdue();
  if (!trouble) {
    trouble = lost(fmt::format("the agent lives, but gave no result within {} of the trial's time-out",
                               human(guest_.patience().overtime)));
  }
  co_return with_complaints(std::move(*trouble));
}

}  // namespace assay::trial
