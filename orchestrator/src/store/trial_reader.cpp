// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/trial_reader.hpp"

#include "base/text.hpp"
#include "store/checks.hpp"
#include "store/sample_block.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <utility>

namespace assay::store {
namespace {

using trial::Outcome;
using trial::TrialRecord;

Outcome parse_outcome(const std::string& name) {
  for (const auto known :
       std::array{Outcome::pass, Outcome::fail, Outcome::finding, Outcome::skip, Outcome::lost}) {
    if (trial::name_of(known) == name) {
      return known;
    }
  }
  refuse(fmt::format("a trial has the unknown outcome \"{}\"", printable(name)));
}

Nanoseconds duration_of(const Query& row, int column) {
  const auto length = row.number(column);
  if (length < 0) {
    refuse(fmt::format("a trial took {} ns", length));
  }
  return Nanoseconds(length);
}

TrialRecord record_of(const Query& row) {
  TrialRecord record;
  record.key = {row.text(1), row.text(2), row.text(3), row.count(4)};
  record.seed = row.bits(5);
  record.reason = row.text(7);
  record.measured = duration_of(row, 8);
  record.wall = duration_of(row, 9);
  record.attempts = row.count(10);
  record.dropped_frames = row.bits(11);
  record.dropped_samples = row.bits(12);
  record.kernel_id = row.text(13);
  record.folder = row.text(14);
  if (!is_guest_folder(record.folder)) {
    refuse(fmt::format("a trial has the folder \"{}\", which is none below a run's",
                       printable(std::string_view(record.folder).substr(0, 200))));
  }
  return record;
}

/// The rows that belong to one trial, with statements that are prepared once for all trials.
class Details {
 public:
  explicit Details(Database& database)
      : counters_(database, "SELECT name, value FROM counter WHERE trial = ? ORDER BY position"),
        checks_(database, "SELECT name, ok, detail FROM check_result WHERE trial = ? ORDER BY position"),
        findings_(database, "SELECT title, fingerprint, text FROM finding WHERE trial = ? ORDER BY position"),
        probes_(database, "SELECT report FROM probe WHERE trial = ? ORDER BY position") {}

  void read(std::int64_t trial, TrialRecord& record) {
    for (counters_.with(trial); counters_.next();) {
      record.counters.push_back({counters_.text(0), counters_.number(1)});
    }
    for (checks_.with(trial); checks_.next();) {
      record.checks.push_back({checks_.text(0), checks_.number(1) != 0, checks_.text(2)});
    }
    for (findings_.with(trial); findings_.next();) {
      record.findings.push_back({findings_.text(0), findings_.text(1), findings_.text(2)});
    }
    for (probes_.with(trial); probes_.next();) {
      const auto report = probes_.text(0);
      if (!is_shallow_json(report)) {
        refuse("what a probe saw has JSON in JSON more than a hundred times");
      }
      record.probes.push_back(probe::report_from_json(report));
    }
  }

 private:
  Query counters_;
  Query checks_;
  Query findings_;
  Query probes_;
};

/// Collects the columns of many blocks into one series per metric.
class SeriesCollector {
 public:
  SeriesCollector(Database& database, std::int64_t trial, const std::vector<std::string>& wanted)
      : wanted_(wanted) {
    for (auto& metric : read_metrics(database, trial)) {
      names_.emplace(metric.id, MetricSeries{std::move(metric.name), std::move(metric.unit), {}, {}});
    }
  }

  [[nodiscard]] bool wants(std::uint32_t metric) const {
    if (wanted_.empty()) {
      return true;
    }
    const auto known = names_.find(metric);
    return known != names_.end() ? is_wanted(known->second.name) : is_wanted(unnamed(metric));
  }

  void add(const link::SampleBatch& batch) {
    auto from = batch.values.begin();
    for (const auto metric : batch.metrics) {
      const auto to = from + static_cast<std::ptrdiff_t>(batch.times.size());
      auto& series = names_.try_emplace(metric, MetricSeries{unnamed(metric), "", {}, {}}).first->second;
      series.times.insert(series.times.end(), batch.times.begin(), batch.times.end());
      series.values.insert(series.values.end(), from, to);
      from = to;
    }
  }

  [[nodiscard]] std::vector<MetricSeries> take() {
    std::vector<MetricSeries> all;
    for (auto& [metric, series] : names_) {
      if (!series.times.empty()) {
        all.push_back(std::move(series));
      }
    }
    return all;
  }

 private:
  [[nodiscard]] bool is_wanted(const std::string& name) const {
    return std::find(wanted_.begin(), wanted_.end(), name) != wanted_.end();
  }
  static std::string unnamed(std::uint32_t metric) { return fmt::format("#{}", metric); }

  const std::vector<std::string>& wanted_;
  std::map<std::uint32_t, MetricSeries> names_;
};

}  // namespace

Result<std::vector<TrialRecord>> read_trials(Database& database, std::int64_t run) {
  std::vector<TrialRecord> records;
  Details details(database);
  Query query(database,
              "SELECT id, variant, machine, workload, repeat, seed, outcome, reason, measured_ns, wall_ns, "
              "attempts, dropped_frames, dropped_samples, kernel_id, folder "
              "FROM trial WHERE run = ? AND ended = 1 ORDER BY id");
  query.with(run);
  auto last = std::numeric_limits<std::int64_t>::min();
  while (query.next()) {
    if (query.number(0) <= std::exchange(last, query.number(0))) {
      refuse("its trials are not in their order");  // a damaged index may go round in circles
    }
    auto record = record_of(query);
    record.outcome = parse_outcome(query.text(6));
    details.read(query.number(0), record);
    records.push_back(std::move(record));
  }
  return records;
}

std::optional<std::int64_t> row_of_trial(Database& database, std::int64_t run, const trial::TrialKey& key) {
  Query query(
      database,
      "SELECT id FROM trial WHERE run = ? AND variant = ? AND machine = ? AND workload = ? AND repeat = ?");
  if (!query.with(run, key.variant, key.machine, key.workload, key.repeat).next()) {
    return std::nullopt;
  }
  return query.number(0);
}

Result<std::vector<MetricSeries>> read_samples(Database& database, std::int64_t trial,
                                               const std::vector<std::string>& metrics) {
  SeriesCollector collector(database, trial, metrics);
  const WantsMetric wants = [&](std::uint32_t id) { return collector.wants(id); };
  Query query(database, "SELECT data FROM sample_block WHERE trial = ? ORDER BY id");
  query.with(trial);
  while (query.next()) {
    auto batch = decode_block(query.bytes(0), wants);
    if (!batch) {
      refuse(batch.error().text());
    }
    collector.add(*batch);
  }
  return collector.take();
}

std::vector<trial::MetricInfo> read_metrics(Database& database, std::int64_t trial) {
  std::vector<trial::MetricInfo> metrics;
  Query query(database, "SELECT metric, name, unit FROM metric WHERE trial = ? ORDER BY metric");
  query.with(trial);
  while (query.next()) {
    metrics.push_back({query.count(0), query.text(1), query.text(2)});
  }
  return metrics;
}

std::vector<trial::TrialEvent> read_events(Database& database, std::int64_t trial) {
  std::vector<trial::TrialEvent> events;
  Query query(database, "SELECT time_ns, name, detail, value FROM event WHERE trial = ? ORDER BY id");
  query.with(trial);
  while (query.next()) {
    events.push_back({query.bits(0), query.text(1), query.text(2), query.number(3)});
  }
  return events;
}

}  // namespace assay::store
