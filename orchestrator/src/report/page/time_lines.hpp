// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "store/run_view.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// Samples and events as a page shows them: no more columns than a chart has pixels, each with its smallest
/// and its largest value.
namespace assay::report {

/// One metric of one trial.
struct TimeLine {
  std::size_t trial = 0;  ///< index into the view's trials
  std::size_t clock = 0;  ///< index into the cell's clocks
  std::vector<std::int64_t> low;
  std::vector<std::int64_t> high;  ///< empty: as low, each column is one sample
};

struct SampledMetric {
  std::string name;
  std::string unit;
  std::vector<TimeLine> lines;
};

/// The trials of one workload on one machine.
struct SampledCell {
  std::string workload;
  std::string machine;
  std::vector<std::size_t> trials;
  std::vector<std::vector<std::int64_t>> clocks;  ///< us since the trial's first sample
  std::vector<SampledMetric> metrics;             ///< those that change in one trial at least
  std::size_t unchanged = 0;                      ///< the others
};

/// An event of a trial, us after its first sample (before it: negative).
struct PlacedEvent {
  std::int64_t time_us = 0;
  trial::TrialEvent event;
};

struct TimeLines {
  std::vector<SampledCell> cells;
  std::map<std::size_t, std::vector<PlacedEvent>> events;  ///< by trial; the first ones where there are many
  std::uint64_t samples = 0;                               ///< that the store has
  std::size_t columns = 0;                                 ///< of a line, at most
  bool events_cut = false;                                 ///< some trials have more
  bool reduced = false;                                    ///< some columns stand for several samples
};

inline constexpr std::size_t most_columns = 512;
inline constexpr std::size_t most_events = 20'000;  ///< of all trials, each having its part, but not below 10

/// Reads all samples of the run once. Error: as the store's.
[[nodiscard]] Result<TimeLines> read_time_lines(store::Store& results, const store::RunView& view);

/// Joins columns, two by two: half as many, each with the smallest and the largest value of both.
void halve(TimeLines& lines);

/// A cell's clocks: how many, and for each how many columns and their times.
[[nodiscard]] std::string packed_clocks(const SampledCell& cell);
/// A metric's lines: how many, and for each trial, clock, whether columns have two values, the smallest ones,
/// and then by how much the largest exceed them.
[[nodiscard]] std::string packed_lines(const SampledMetric& metric);

}  // namespace assay::report
