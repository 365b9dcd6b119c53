// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/talk.hpp"

#include "base/text.hpp"
#include "guest/hang.hpp"

#include <iterator>
#include <utility>

namespace assay::trial {
namespace {

constexpr auto patience_step = std::chrono::seconds(1);
constexpr std::size_t quoted_lines = 40;
/// Above the numbers that an agent gives to its own metrics.
constexpr std::uint32_t first_probe_metric = 0x4000'0000;

link::Start start_order(const experiment::Experiment& experiment, const experiment::WorkloadRun& run,
                        const TrialRecord& record, std::uint64_t order) {
  link::Start start;
  start.order = order;
  start.workload = run.workload;
  start.seed = record.seed;
  start.parameters.assign(run.parameters.begin(), run.parameters.end());
  start.sample_interval_ns = static_cast<std::uint64_t>(experiment.sampling.interval.count());
  start.sources = experiment.sampling.sources;
  start.timeout_ns = static_cast<std::uint64_t>(experiment.timeout.count());
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
    case link::Fate::timed_out:
      failed("the workload did not finish within its time-out");
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

TalkEnd lost(std::string why) { return {TalkEnd::Kind::lost, std::move(why), {}}; }

}  // namespace

Talk::Talk(RunContext& context, const GuestJob& job, machine::Guest& guest, link::Session& session,
           GuestWatch& watch, probe::Memory* probes)
    : context_(context), job_(job), guest_(guest), session_(session), watch_(watch), probes_(probes) {}

Task<TalkEnd> Talk::finding_end() {
  auto findings = co_await watch_.collect(context_.patience.after_nmi);
  TalkEnd end{TalkEnd::Kind::finding, findings.empty() ? "" : findings.front().title, {}};
  end.findings = std::move(findings);
  co_return end;
}

Task<TalkEnd> Talk::channel_closed() {
  // QEMU's end is noticed a moment after its sockets close.
  for (int i = 0; i < 20 && !watch_.ended() && !watch_.reported(); ++i) {
    co_await pause_for(std::chrono::milliseconds(50));
  }
  if (watch_.reported()) {
    co_return co_await finding_end();
  }
  co_return lost(fmt::format("{}; its last lines were:\n{}",
                             watch_.ended().value_or("the guest's channel closed"), watch_.last_lines(10)));
}

Task<TalkEnd> Talk::hang(std::string title) {
  TalkEnd end{TalkEnd::Kind::finding, title, {}};
  end.findings = co_await hang_reports(guest_, watch_, context_.patience, std::move(title));
  co_return end;
}

Task<std::optional<TalkEnd>> Talk::judge_silence() {
  const auto silent = Clock::now() - heard_;
  if (silent < context_.patience.silence) {
    co_return std::nullopt;
  }
  const auto before = co_await guest_.vcpu_time();
  co_await pause_for(patience_step);
  const auto after = co_await guest_.vcpu_time();
  if (!before || !after) {
    co_return lost(
        fmt::format("no heartbeat for {}, and {}", human(silent), (before ? after : before).error().text()));
  }
  const bool idle = *after - *before < std::chrono::milliseconds(20);
  if (idle || silent >= context_.patience.busy) {
    co_return co_await hang(
        fmt::format("hang: no heartbeat for {}, vCPUs {}", human(silent), idle ? "idle" : "busy"));
  }
  co_return std::nullopt;
}

Task<std::optional<TalkEnd>> Talk::interruption(const link::Incoming& incoming) {
  if (context_.interrupt.requested()) {
    co_return TalkEnd{TalkEnd::Kind::stopped, "interrupted", {}};
  }
  if (watch_.reported()) {
    co_return co_await finding_end();
  }
  if (const auto* broken = std::get_if<link::Broken>(&incoming)) {
    co_return lost(broken->why);
  }
  if (watch_.ended() || std::holds_alternative<link::Closed>(incoming)) {
    co_return co_await channel_closed();
  }
  if (std::holds_alternative<link::Silence>(incoming)) {
    co_return co_await judge_silence();
  }
  co_return std::nullopt;
}

Task<std::variant<link::Hello, TalkEnd>> Talk::hello() {
  const auto until = Clock::now() + context_.patience.boot;
  heard_ = until;  // a boot has its own deadline
  while (Clock::now() < until) {
    auto incoming = co_await session_.receive(patience_step);
    if (auto* message = std::get_if<link::Message>(&incoming)) {
      heard_ = Clock::now();
      co_return std::move(std::get<link::Hello>(*message));  // the session lets nothing else through first
    }
    if (auto end = co_await interruption(incoming)) {
      co_return std::move(*end);
    }
  }
  co_return lost(fmt::format("no hello from the agent within {}; the last console lines were:\n{}",
                             human(context_.patience.boot), watch_.last_lines(20)));
}

Status Talk::begin_probes(const TrialRecord& record) {
  if (probes_ == nullptr) {
    return {};
  }
  probes_sampled_ns_ = 0;
  probes_->begin(record.key.workload, record.seed, true);
  std::vector<link::MetricInfo> metrics;
  for (const auto& figure : probes_->figure_names()) {
    metrics.push_back(
        {first_probe_metric + static_cast<std::uint32_t>(metrics.size()), figure.name, figure.unit});
  }
  return context_.sink.add_metrics(record.key, metrics);
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
  return context_.sink.add_samples(key, batch);
}

Status Talk::hand_on(const TrialKey& key, link::Message& message) {
  if (auto* metrics = std::get_if<link::Metrics>(&message)) {
    return context_.sink.add_metrics(key, metrics->metrics);
  }
  if (auto* samples = std::get_if<link::Samples>(&message)) {
    const auto& times = samples->batch.times;
    if (auto kept = context_.sink.add_samples(key, samples->batch); !kept || times.empty()) {
      return kept;
    }
    return sample_probes(key, times.back());
  }
  if (auto* event = std::get_if<link::Event>(&message)) {
    return context_.sink.add_event(
        key, {event->time_ns, printable(event->name), printable(event->detail), event->value});
  }
  if (auto* log = std::get_if<link::Log>(&message)) {
    return context_.sink.add_event(key, {log->time_ns, "log." + log->level, printable(log->text), 0});
  }
  if (auto* heartbeat = std::get_if<link::Heartbeat>(&message)) {
    agent_dropped_frames_ = heartbeat->dropped_frames;
    agent_dropped_samples_ = heartbeat->dropped_samples;
    return sample_probes(key, heartbeat->time_ns);
  }
  return {};
}

Task<std::variant<TrialRecord, TalkEnd>> Talk::conclude(TrialRecord record, link::WorkerResult result) {
  // The kernel may have printed its complaint just before the agent sent the result.
  if (watch_.reported()) {
    co_return co_await finding_end();
  }
  for (auto& counter : result.counters) {
    record.counters.push_back({printable(counter.name), counter.value});
  }
  for (auto& check : result.checks) {
    record.checks.push_back({printable(check.name), check.ok, printable(check.detail)});
  }
  record.measured = Nanoseconds(static_cast<std::int64_t>(result.end_ns - result.begin_ns));
  settle(record, result);
  explain_checks(record);
  co_return record;
}

Task<std::variant<TrialRecord, TalkEnd>> Talk::run(const experiment::WorkloadRun& workload) {
  TrialRecord record;
  record.key = job_.key(workload.name);
  record.seed = seed_of(context_.experiment.seed, record.key);
  if (auto begun = context_.sink.begin_trial(record.key, record.seed); !begun) {
    co_return lost(begun.error().text());
  }
  if (auto begun = begin_probes(record); !begun) {
    co_return lost(begun.error().text());
  }
  session_.reset_limits();
  const auto lost_before = session_.lost_frames();
  const auto samples_before = agent_dropped_samples_;
  auto start = start_order(context_.experiment, workload, record, ++order_);
  if (auto sent = co_await session_.send(std::move(start)); !sent) {
    co_return lost(sent.error().text());
  }
  heard_ = Clock::now();
  const auto until = Clock::now() + context_.experiment.timeout + context_.patience.overtime;
  while (Clock::now() < until) {
    auto incoming = co_await session_.receive(patience_step);
    if (auto* message = std::get_if<link::Message>(&incoming)) {
      heard_ = Clock::now();
      auto* result = std::get_if<link::WorkerResult>(message);
      if (result != nullptr && result->order == order_) {
        record.dropped_frames = session_.lost_frames() - lost_before;
        record.dropped_samples = agent_dropped_samples_ - samples_before;
        if (auto kept = sample_probes(record.key, result->end_ns); !kept) {
          co_return lost(kept.error().text());
        }
        co_return co_await conclude(std::move(record), std::move(*result));
      }
      if (auto kept = hand_on(record.key, *message); !kept) {
        co_return lost(kept.error().text());
      }
      continue;
    }
    if (auto end = co_await interruption(incoming)) {
      co_return std::move(*end);
    }
  }
  if (const auto silent = Clock::now() - heard_; silent >= context_.patience.silence) {
    // Busy vCPUs are given more time than silent ones, but not more than the trial has. QEMU's sun4u is
    // always busy: its CPU has no instruction to wait with.
    co_return co_await hang(fmt::format("hang: no heartbeat for {}, vCPUs busy", human(silent)));
  }
  co_return lost(fmt::format("the agent lives, but gave no result within {} of the trial's time-out",
                             human(context_.patience.overtime)));
}

}  // namespace assay::trial
