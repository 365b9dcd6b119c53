// SPDX-License-Identifier: GPL-2.0-or-later
#include "scripted_trials.hpp"

#include <fmt/format.h>

namespace assay::store::testing {
namespace {

constexpr std::uint64_t batches = 12;
constexpr std::uint64_t times_per_batch = 20;
constexpr std::uint32_t metrics = 25;
constexpr unsigned events = 9;

std::int64_t value_at(unsigned number, std::uint32_t metric, std::uint64_t time) {
  return static_cast<std::int64_t>((time * 2654435761U + std::uint64_t{metric} * 40503U) ^ (number << 20U));
}

link::SampleBatch batch_of(unsigned number, std::uint64_t batch) {
  link::SampleBatch result;
  for (std::uint64_t t = 0; t < times_per_batch; ++t) {
    result.times.push_back(batch * times_per_batch + t);
  }
  for (std::uint32_t m = 0; m < metrics; ++m) {
    result.metrics.push_back(m);
    for (const auto time : result.times) {
      result.values.push_back(value_at(number, m, time));
    }
  }
  return result;
}

trial::TrialRecord record_of(unsigned number) {
  trial::TrialRecord record;
  record.key = scripted_key(number);
  record.seed = number;
  record.outcome = trial::Outcome::finding;
  for (unsigned i = 0; i < 40; ++i) {
    record.counters.push_back({fmt::format("counter-{}", i), value_at(number, i, 0)});
  }
  record.checks = {{"sum", true, ""}};
  record.findings = {{"BUG", "f", std::string(5000 + number, 'x')}};
  return record;
}

std::string flaw_of_record(const trial::TrialRecord& is, const trial::TrialRecord& should) {
  if (is.seed != should.seed || is.outcome != should.outcome || is.checks.size() != should.checks.size()) {
    return "another record";
  }
  if (is.findings.size() != 1 || is.findings.front().text != should.findings.front().text) {
    return "another finding";
  }
  if (is.counters.size() != should.counters.size()) {
    return fmt::format("{} counters", is.counters.size());
  }
  for (std::size_t i = 0; i < is.counters.size(); ++i) {
    if (is.counters[i].name != should.counters[i].name || is.counters[i].value != should.counters[i].value) {
      return fmt::format("counter {} is wrong", i);
    }
  }
  return "";
}

std::string flaw_of_series(const MetricSeries& series, unsigned number, std::uint32_t metric) {
  if (series.name != fmt::format("metric-{}", metric) || series.times.size() != batches * times_per_batch) {
    return fmt::format("{} has {} samples", series.name, series.times.size());
  }
  for (std::uint64_t t = 0; t < series.times.size(); ++t) {
    if (series.times[t] != t || series.values[t] != value_at(number, metric, t)) {
      return fmt::format("sample {} of {} is wrong", t, series.name);
    }
  }
  return "";
}

}  // namespace

trial::TrialKey scripted_key(unsigned number) {
  return {number % 2 == 0 ? "before" : "after", "pc", "shared", number / 2};
}

Status write_scripted(Store& store, const std::string& run, unsigned number) {
  auto& sink = store.sink(run);
  const auto record = record_of(number);
  if (auto begun = sink.begin_trial(record.key, record.seed); !begun) {
    return begun;
  }
  std::vector<link::MetricInfo> infos;
  for (std::uint32_t m = 0; m < metrics; ++m) {
    infos.push_back({m, fmt::format("metric-{}", m), "pages"});
  }
  if (auto kept = sink.add_metrics(record.key, infos); !kept) {
    return kept;
  }
  for (std::uint64_t b = 0; b < batches; ++b) {
    if (auto kept = sink.add_samples(record.key, batch_of(number, b)); !kept) {
      return kept;
    }
  }
  for (unsigned e = 0; e < events; ++e) {
    if (auto kept = sink.add_event(record.key, {e, "event", std::string(100, 'e'), number}); !kept) {
      return kept;
    }
  }
  return sink.end_trial(record);
}

std::string flaw_of(Store& store, const std::string& run, const trial::TrialRecord& record) {
  const auto number = static_cast<unsigned>(record.seed);
  if (const auto flaw = flaw_of_record(record, record_of(number)); !flaw.empty()) {
    return flaw;
  }
  const auto happened = store.events(run, record.key);
  if (!happened || happened->size() != events) {
    return happened ? fmt::format("{} events", happened->size()) : happened.error().text();
  }
  const auto series = store.samples(run, record.key, "");
  if (!series || series->size() != metrics) {
    return series ? fmt::format("{} series", series->size()) : series.error().text();
  }
  for (std::uint32_t m = 0; m < metrics; ++m) {
    if (const auto flaw = flaw_of_series((*series)[m], number, m); !flaw.empty()) {
      return flaw;
    }
  }
  return "";
}

}  // namespace assay::store::testing
