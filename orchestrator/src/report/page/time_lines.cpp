// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/page/time_lines.hpp"

#include "report/page/pack.hpp"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

namespace assay::report {
namespace {

constexpr std::uint64_t ns_per_us = 1000;

/// The trial's own zero: its first sample, or its first event where it has no samples.
std::uint64_t begin_of(const std::vector<store::MetricSeries>& all,
                       const std::vector<trial::TrialEvent>& events) {
  auto begin = std::numeric_limits<std::uint64_t>::max();
  for (const auto& series : all) {
    begin = series.times.empty() ? begin : std::min(begin, series.times.front());
  }
  if (begin == std::numeric_limits<std::uint64_t>::max() && !events.empty()) {
    begin = events.front().time_ns;
  }
  return begin;
}

std::int64_t us_after(std::uint64_t begin, std::uint64_t time) {
  return time >= begin ? static_cast<std::int64_t>((time - begin) / ns_per_us)
                       : -static_cast<std::int64_t>((begin - time) / ns_per_us);
}

/// Where each column begins among `samples`.
std::vector<std::size_t> column_starts(std::size_t samples) {
  const auto columns = std::min(samples, most_columns);
  std::vector<std::size_t> starts(columns + 1);
  for (std::size_t i = 0; i <= columns; ++i) {
    starts[i] = i * samples / std::max<std::size_t>(columns, 1);
  }
  return starts;
}

TimeLine line_of(const store::MetricSeries& series, const std::vector<std::size_t>& starts) {
  TimeLine line;
  const bool ranges = starts.size() - 1 < series.values.size();
  for (std::size_t i = 0; i + 1 < starts.size(); ++i) {
    const auto from = series.values.begin() + static_cast<std::ptrdiff_t>(starts[i]);
    const auto to = series.values.begin() + static_cast<std::ptrdiff_t>(starts[i + 1]);
    const auto [low, high] = std::minmax_element(from, to);
    line.low.push_back(*low);
    if (ranges) {
      line.high.push_back(*high);
    }
  }
  return line;
}

bool changes(const TimeLine& line) {
  const auto differs = [&](std::int64_t value) { return value != line.low.front(); };
  return std::any_of(line.low.begin(), line.low.end(), differs) ||
         std::any_of(line.high.begin(), line.high.end(), differs);
}

/// Adds the samples of trials to their cells.
class Collector {
 public:
  explicit Collector(TimeLines& lines) : lines_(lines) {}

  void add(std::size_t trial, const trial::TrialKey& key, const std::vector<store::MetricSeries>& all,
           std::uint64_t begin) {
    if (all.empty()) {
      return;
    }
    auto& cell = cell_of(key);
    cell.trials.push_back(trial);
    for (const auto& series : all) {
      lines_.samples += series.values.size();
      const auto starts = column_starts(series.times.size());
      auto line = line_of(series, starts);
      line.trial = trial;
      line.clock = clock_of(cell, series, starts, begin);
      lines_.columns = std::max(lines_.columns, line.low.size());
      lines_.reduced = lines_.reduced || !line.high.empty();
      metric_of(cell, series).lines.push_back(std::move(line));
    }
    clocks_of_trial_.clear();
  }

 private:
  SampledCell& cell_of(const trial::TrialKey& key) {
    auto& cells = lines_.cells;
    auto cell = std::find_if(cells.begin(), cells.end(), [&](const SampledCell& one) {
      return one.workload == key.workload && one.machine == key.machine;
    });
    if (cell == cells.end()) {
      cell = cells.insert(cells.end(), SampledCell{key.workload, key.machine, {}, {}, {}, 0});
    }
    return *cell;
  }

  SampledMetric& metric_of(SampledCell& cell, const store::MetricSeries& series) {
    auto& index = metrics_[{cell.workload, cell.machine, series.name}];
    if (index == 0) {
      cell.metrics.push_back({series.name, series.unit, {}});
      index = cell.metrics.size();
    }
    return cell.metrics[index - 1];
  }

  /// The series of one source share their times: the clock is kept once.
  std::size_t clock_of(SampledCell& cell, const store::MetricSeries& series,
                       const std::vector<std::size_t>& starts, std::uint64_t begin) {
    for (const auto& [times, clock] : clocks_of_trial_) {
      if (*times == series.times) {
        return clock;
      }
    }
    std::vector<std::int64_t> clock;
    for (std::size_t i = 0; i + 1 < starts.size(); ++i) {
      clock.push_back(us_after(begin, series.times[starts[i]]));
    }
    cell.clocks.push_back(std::move(clock));
    clocks_of_trial_.emplace_back(&series.times, cell.clocks.size() - 1);
    return cell.clocks.size() - 1;
  }

  TimeLines& lines_;
  std::map<std::tuple<std::string, std::string, std::string>, std::size_t> metrics_;  ///< index + 1
  std::vector<std::pair<const std::vector<std::uint64_t>*, std::size_t>> clocks_of_trial_;
};

void leave_out_unchanged(SampledCell& cell) {
  const auto before = cell.metrics.size();
  std::erase_if(cell.metrics, [](const SampledMetric& metric) {
    return std::none_of(metric.lines.begin(), metric.lines.end(), changes);
  });
  cell.unchanged = before - cell.metrics.size();
}

/// Every second of the times, or the smaller (larger) of each two values.
template <class Choose>
std::vector<std::int64_t> halved(const std::vector<std::int64_t>& values, Choose choose) {
  std::vector<std::int64_t> half;
  half.reserve((values.size() + 1) / 2);
  for (std::size_t i = 0; i < values.size(); i += 2) {
    half.push_back(i + 1 < values.size() ? choose(values[i], values[i + 1]) : values[i]);
  }
  return half;
}

std::int64_t smaller(std::int64_t a, std::int64_t b) { return std::min(a, b); }
std::int64_t larger(std::int64_t a, std::int64_t b) { return std::max(a, b); }

}  // namespace

Result<TimeLines> read_time_lines(store::Store& results, const store::RunView& view) {
  TimeLines lines;
  Collector collector(lines);
  const auto events_each =
      std::max<std::size_t>(10, most_events / std::max<std::size_t>(1, view.trials.size()));
  for (std::size_t i = 0; i < view.trials.size(); ++i) {
    const auto& key = view.trials[i].key;
    const auto samples = results.samples(view.run.id, key, "");
    if (!samples) {
      return samples.error();
    }
    const auto events = results.events(view.run.id, key);
    if (!events) {
      return events.error();
    }
    const auto begin = begin_of(*samples, *events);
    collector.add(i, key, *samples, begin);
    lines.events_cut = lines.events_cut || events->size() > events_each;
    for (std::size_t e = 0; e < std::min(events->size(), events_each); ++e) {
      lines.events[i].push_back({us_after(begin, (*events)[e].time_ns), (*events)[e]});
    }
  }
  for (auto& cell : lines.cells) {
    leave_out_unchanged(cell);
  }
  return lines;
}

void halve(TimeLines& lines) {
  lines.columns = (lines.columns + 1) / 2;
  lines.reduced = true;
  for (auto& cell : lines.cells) {
    for (auto& clock : cell.clocks) {
      clock = halved(clock, smaller);
    }
    for (auto& metric : cell.metrics) {
      for (auto& line : metric.lines) {
        line.high = halved(line.high.empty() ? line.low : line.high, larger);
        line.low = halved(line.low, smaller);
      }
    }
  }
}

std::string packed_clocks(const SampledCell& cell) {
  std::string bytes;
  put_number(bytes, cell.clocks.size());
  for (const auto& clock : cell.clocks) {
    put_number(bytes, clock.size());
    put_column(bytes, clock);
  }
  return packed(bytes);
}

std::string packed_lines(const SampledMetric& metric) {
  std::string bytes;
  put_number(bytes, metric.lines.size());
  for (const auto& line : metric.lines) {
    put_number(bytes, line.trial);
    put_number(bytes, line.clock);
    put_number(bytes, line.high.empty() ? 0 : 1);
    put_column(bytes, line.low);
    for (std::size_t i = 0; i < line.high.size(); ++i) {
      put_number(bytes, static_cast<std::uint64_t>(line.high[i]) - static_cast<std::uint64_t>(line.low[i]));
    }
  }
  return packed(bytes);
}

}  // namespace assay::report
