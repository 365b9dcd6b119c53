// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/trial_writer.hpp"

#include "base/text.hpp"
#include "store/runs.hpp"
#include "store/sample_block.hpp"

#include <fmt/format.h>

namespace assay::store {
namespace {

using trial::TrialKey;
using trial::TrialRecord;

constexpr auto longest_wait = std::chrono::milliseconds(250);
constexpr std::size_t most_waiting = std::size_t{1} << 20U;
/// While the database cannot be written no more than this waits for better times.
constexpr std::size_t last_resort = std::size_t{32} << 20U;
/// What an entry costs beside its texts.
constexpr std::size_t entry_bytes = 64;

std::string describe(const std::string& run, const TrialKey& key) {
  return printable(
      fmt::format("trial {}/{}/{} #{} of run {}", key.variant, key.machine, key.workload, key.repeat, run));
}

std::int64_t put_trial(Database& database, std::int64_t run, const TrialRecord& record) {
  Query query(
      database,
      "INSERT INTO trial (run, variant, machine, workload, repeat, seed, ended, outcome, reason, "
      "measured_ns, "
      "wall_ns, attempts, dropped_frames, dropped_samples, kernel_id, folder) "
      "VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (run, variant, machine, workload, repeat) DO UPDATE SET seed = excluded.seed, ended = 1, "
      "outcome = excluded.outcome, reason = excluded.reason, measured_ns = excluded.measured_ns, "
      "wall_ns = excluded.wall_ns, attempts = excluded.attempts, dropped_frames = excluded.dropped_frames, "
      "dropped_samples = excluded.dropped_samples, kernel_id = excluded.kernel_id, folder = excluded.folder "
      "RETURNING id");
  const auto& key = record.key;
  const std::int64_t measured = record.measured.count();
  const std::int64_t wall = record.wall.count();
  query.with(run, key.variant, key.machine, key.workload, key.repeat, record.seed, name_of(record.outcome),
             record.reason, measured, wall, record.attempts, record.dropped_frames, record.dropped_samples,
             record.kernel_id, record.folder);
  const std::int64_t row = query.next() ? query.number(0) : 0;
  while (query.next()) {
  }
  return row;
}

void replace_details(Database& database, std::int64_t trial, const TrialRecord& record) {
  for (const auto* sql : {"DELETE FROM counter WHERE trial = ?", "DELETE FROM check_result WHERE trial = ?",
                          "DELETE FROM finding WHERE trial = ?", "DELETE FROM probe WHERE trial = ?"}) {
    Query(database, sql).with(trial).run();
  }
  Query counter(database, "INSERT INTO counter (trial, position, name, value) VALUES (?, ?, ?, ?)");
  for (std::size_t i = 0; i < record.counters.size(); ++i) {
    counter.with(trial, i, record.counters[i].name, record.counters[i].value).run();
  }
  Query check(database,
              "INSERT INTO check_result (trial, position, name, ok, detail) VALUES (?, ?, ?, ?, ?)");
  for (std::size_t i = 0; i < record.checks.size(); ++i) {
    check.with(trial, i, record.checks[i].name, record.checks[i].ok, record.checks[i].detail).run();
  }
  Query finding(database,
                "INSERT INTO finding (trial, position, title, fingerprint, text) VALUES (?, ?, ?, ?, ?)");
  for (std::size_t i = 0; i < record.findings.size(); ++i) {
    const auto& report = record.findings[i];
    finding.with(trial, i, report.title, report.fingerprint, report.text).run();
  }
  Query probe(database, "INSERT INTO probe (trial, position, report) VALUES (?, ?, ?)");
  for (std::size_t i = 0; i < record.probes.size(); ++i) {
    probe.with(trial, i, probe::to_json(record.probes[i])).run();
  }
}

}  // namespace

Result<std::int64_t> TrialWriter::claim_run(const std::string& run) {
  auto row = row_of_run(database_, run);
  if (row && !owned_.contains(run)) {
    if (auto taken = take_over(database_, *row); !taken) {
      return taken.error();
    }
  }
  return row;
}

Status TrialWriter::begin(const std::string& run, const TrialKey& key, std::uint64_t seed) {
  if (auto flushed = flush(); !flushed) {
    return flushed;
  }
  std::int64_t trial = 0;
  auto begun = database_.write(fmt::format("begin {}", describe(run, key)), [&]() -> Status {
    auto row = claim_run(run);
    if (!row) {
      return row.error();
    }
    Query(database_,
          "DELETE FROM trial WHERE run = ? AND variant = ? AND machine = ? AND workload = ? AND repeat = ?")
        .with(*row, key.variant, key.machine, key.workload, key.repeat)
        .run();
    Query(database_,
          "INSERT INTO trial (run, variant, machine, workload, repeat, seed) VALUES (?, ?, ?, ?, ?, ?)")
        .with(*row, key.variant, key.machine, key.workload, key.repeat, seed)
        .run();
    trial = last_id(database_);
    return {};
  });
  if (begun) {
    owned_.insert(run);
    open_.insert_or_assign(TrialName(run, key), trial);
  }
  return begun;
}

Result<std::int64_t> TrialWriter::open_trial(const std::string& run, const TrialKey& key) const {
  const auto found = open_.find(TrialName(run, key));
  if (found == open_.end()) {
    return fail(Failure::infrastructure, "cannot write {}: it was not begun, or has ended",
                describe(run, key));
  }
  return found->second;
}

Status TrialWriter::add_metrics(const std::string& run, const TrialKey& key,
                                const std::vector<link::MetricInfo>& metrics) {
  const auto trial = open_trial(run, key);
  if (!trial) {
    return trial.error();
  }
  for (const auto& metric : metrics) {
    if (auto kept = keep({*trial, metric}, metric.name.size() + metric.unit.size()); !kept) {
      return kept;
    }
  }
  return {};
}

Status TrialWriter::add_samples(const std::string& run, const TrialKey& key, const link::SampleBatch& batch) {
  const auto trial = open_trial(run, key);
  if (!trial) {
    return trial.error();
  }
  const auto samples = batch.times.size() * batch.metrics.size();
  if (batch.values.size() != samples) {
    return fail(Failure::infrastructure, "cannot write {}: a batch has {} values for {} times and {} metrics",
                describe(run, key), batch.values.size(), batch.times.size(), batch.metrics.size());
  }
  if (samples == 0) {
    return {};
  }
  Block block{samples, encode_block(batch)};
  const auto bytes = block.data.size();
  return keep({*trial, std::move(block)}, bytes);
}

Status TrialWriter::add_event(const std::string& run, const TrialKey& key, const trial::TrialEvent& event) {
  const auto trial = open_trial(run, key);
  if (!trial) {
    return trial.error();
  }
  return keep({*trial, event}, event.name.size() + event.detail.size());
}

Status TrialWriter::end(const std::string& run, const TrialRecord& record) {
  auto ended = database_.write(fmt::format("keep {}", describe(run, record.key)), [&]() -> Status {
    auto row = claim_run(run);
    if (!row) {
      return row.error();
    }
    write_waiting();
    replace_details(database_, put_trial(database_, *row, record), record);
    return {};
  });
  if (ended) {
    owned_.insert(run);
    open_.erase(TrialName(run, record.key));
    forget_waiting();
  }
  return ended;
}

Status TrialWriter::keep(Waiting waiting, std::size_t bytes) {
  const auto now = Clock::now();
  if (waiting_bytes_ > last_resort) {
    if (auto flushed = flush(); !flushed) {
      return flushed;
    }
  }
  if (waiting_.empty()) {
    oldest_ = now;
  }
  waiting_.push_back(std::move(waiting));
  waiting_bytes_ += bytes + entry_bytes;
  return waiting_bytes_ >= most_waiting || now - oldest_ >= longest_wait ? flush() : Status();
}

Status TrialWriter::flush() {
  if (waiting_.empty()) {
    return {};
  }
  auto written = database_.write("write samples and events", [&]() -> Status {
    write_waiting();
    return {};
  });
  if (written) {
    forget_waiting();
  }
  return written;
}

void TrialWriter::write_waiting() {
  Query block(database_, "INSERT INTO sample_block (trial, samples, data) VALUES (?, ?, ?)");
  Query event(database_, "INSERT INTO event (trial, time_ns, name, detail, value) VALUES (?, ?, ?, ?, ?)");
  Query metric(database_, "INSERT OR REPLACE INTO metric (trial, metric, name, unit) VALUES (?, ?, ?, ?)");
  for (const auto& [trial, what] : waiting_) {
    if (const auto* samples = std::get_if<Block>(&what)) {
      block.with(trial, samples->samples, Blob{samples->data}).run();
    } else if (const auto* happened = std::get_if<trial::TrialEvent>(&what)) {
      event.with(trial, happened->time_ns, happened->name, happened->detail, happened->value).run();
    } else {
      const auto& info = std::get<link::MetricInfo>(what);
      metric.with(trial, info.id, info.name, info.unit).run();
    }
  }
}

void TrialWriter::forget_waiting() {
  waiting_.clear();
  waiting_bytes_ = 0;
}

}  // namespace assay::store
