// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "export/formats.hpp"

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <vector>

namespace assay::exports {
namespace {

/// As RFC 4180 wants it.
std::string csv_cell(std::string_view text) {
  auto clean = printable(text);
  if (clean.find_first_of("\",\n") == std::string::npos) {
    return clean;
  }
  std::string quoted = "\"";
  for (const char letter : clean) {
    quoted += letter;
    if (letter == '"') {
      quoted += '"';
    }
  }
  return quoted + "\"";
}

std::string key_cells(const trial::TrialKey& key) {
  return fmt::format("{},{},{},{}", csv_cell(key.variant), csv_cell(key.machine), csv_cell(key.workload),
                     key.repeat);
}

std::string trial_row(const trial::TrialRecord& record, const std::vector<std::string>& counters) {
  auto row = fmt::format("{},{},{},{},{},{},{}", key_cells(record.key), record.seed, name_of(record.outcome),
                         csv_cell(record.reason), record.measured.count(), record.wall.count(),
                         csv_cell(record.kernel_id));
  for (const auto& name : counters) {
    const auto* value = record.counter(name);
    row += value != nullptr ? fmt::format(",{}", *value) : ",";
  }
  return row + "\n";
}

Status trial_table(const ExportedRun& run, const Sink& sink) {
  const auto counters = counter_names(run.view);
  std::string head = "variant,machine,workload,repeat,seed,outcome,reason,measured_ns,wall_ns,kernel_id";
  for (const auto& name : counters) {
    head += "," + csv_cell(name);
  }
  if (auto written = sink(head + "\n"); !written) {
    return written;
  }
  for (const auto& record : run.view.trials) {
    if (auto written = sink(trial_row(record, counters)); !written) {
      return written;
    }
  }
  return {};
}

Status sample_rows(const trial::TrialKey& key, const store::MetricSeries& series, const Sink& sink) {
  const auto begin = key_cells(key);
  const auto metric = fmt::format("{},{}", csv_cell(series.name), csv_cell(series.unit));
  fmt::memory_buffer rows;
  for (std::size_t i = 0; i < series.times.size(); ++i) {
    fmt::format_to(std::back_inserter(rows), "{},{},{},{}\n", begin, series.times[i], metric,
                   series.values[i]);
  }
  return sink({rows.data(), rows.size()});
}

}  // namespace

Status write_csv(const ExportedRun& run, const Sink& sink) {
  if (!run.samples) {
    return trial_table(run, sink);
  }
  if (auto written = sink("variant,machine,workload,repeat,time_ns,metric,unit,value\n"); !written) {
    return written;
  }
  for (const auto& record : run.view.trials) {
    const auto all = run.results.samples(run.view.run.id, record.key, "");
    if (!all) {
      return all.error();
    }
    for (const auto& series : *all) {
      if (auto written = sample_rows(record.key, series, sink); !written) {
        return written;
      }
    }
  }
  return {};
}

}  // namespace assay::exports
