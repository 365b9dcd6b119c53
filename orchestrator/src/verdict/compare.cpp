// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/compare.hpp"

#include "verdict/bootstrap.hpp"
#include "verdict/proportions.hpp"
#include "verdict/ranks.hpp"

#include <cmath>
#include <limits>
#include <tuple>
#include <unordered_map>

namespace assay::verdict {
namespace {

using trial::TrialRecord;

/// Exact tests of hundreds of metrics take too long for a command that answers at once.
constexpr std::size_t most_exact_in_comparison = 20;

/// The trials of one workload on one machine with one variant: pointers into a Compared.
struct Cell {
  std::string workload;
  std::string machine;
  std::string variant;
  std::vector<const TrialRecord*> trials;
};

std::vector<Cell> cells_of(const Compared& side) {
  std::vector<Cell> cells;
  for (const auto& record : side.trials) {
    const auto& key = record.key;
    if (!side.variant.empty() && key.variant != side.variant) {
      continue;
    }
    auto cell = std::find_if(cells.begin(), cells.end(), [&](const Cell& one) {
      return std::tie(one.workload, one.machine, one.variant) ==
             std::tie(key.workload, key.machine, key.variant);
    });
    if (cell == cells.end()) {
      cell = cells.insert(cells.end(), Cell{key.workload, key.machine, key.variant, {}});
    }
    cell->trials.push_back(&record);
  }
  return cells;
}

/// The values of each metric over the trials that passed.
class Columns {
 public:
  explicit Columns(const Cell& cell) {
    for (const auto* record : cell.trials) {
      if (record->outcome != trial::Outcome::pass) {
        continue;
      }
      add("measured ms", static_cast<double>(record->measured.count()) / 1e6);
      for (const auto& counter : record->counters) {
        add(counter.name, static_cast<double>(counter.value));
      }
    }
  }

  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] const std::vector<double>* find(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? nullptr : &found->second;
  }

 private:
  void add(const std::string& name, double value) {
    const auto [column, added] = values_.try_emplace(name);
    if (added) {
      names_.push_back(name);
    }
    column->second.push_back(value);
  }

  std::vector<std::string> names_;
  std::unordered_map<std::string, std::vector<double>> values_;
};

Level level_of(const std::vector<double>& values) {
  Level level{values.size(), percentile(values, 0.5), 0};
  std::vector<double> distances;
  for (const auto value : values) {
    distances.push_back(std::abs(value - level.median));
  }
  level.spread = percentile(std::move(distances), 0.5);
  return level;
}

bool all_equal(const std::vector<double>& head, const std::vector<double>& base) {
  const auto same = [&](double value) { return value == base.front(); };
  return std::all_of(head.begin(), head.end(), same) && std::all_of(base.begin(), base.end(), same);
}

MetricChange change_of(const std::string& metric, const std::vector<double>& base,
                       const std::vector<double>& head) {
  MetricChange change{metric, level_of(base), level_of(head), 1};
  if (!all_equal(head, base)) {
    const bool few = head.size() + base.size() <= most_exact_in_comparison;
    const auto tails = (few ? mann_whitney(head, base) : mann_whitney_normal(head, base)).tails;
    change.p = doubled(tails.less, tails.greater);
  }
  return change;
}

/// Trials that count neither as passed nor as failed are left out.
Tally not_passed(const Cell& cell) {
  Tally tally;
  for (const auto* record : cell.trials) {
    const bool bad = record->outcome == trial::Outcome::fail || record->outcome == trial::Outcome::finding;
    tally.hits += bad ? 1 : 0;
    tally.trials += bad || record->outcome == trial::Outcome::pass ? 1 : 0;
  }
  return tally;
}

MetricChange outcome_change(const Cell& base, const Cell& head) {
  const auto before = not_passed(base);
  const auto after = not_passed(head);
  const auto tails = fisher(after, before);
  return {"not passed",
          {before.trials, before.share(), 0},
          {after.trials, after.share(), 0},
          doubled(tails.less, tails.greater)};
}

CellChange cell_change(const Cell& base, const Cell& head) {
  CellChange change{
      base.workload, base.machine, base.variant, head.variant, base.trials.size(), head.trials.size(), {}};
  change.metrics.push_back(outcome_change(base, head));
  const Columns before(base);
  const Columns after(head);
  for (const auto& name : before.names()) {
    if (const auto* values = after.find(name)) {
      change.metrics.push_back(change_of(name, *before.find(name), *values));
    }
  }
  return change;
}

}  // namespace

double MetricChange::change() const {
  if (head.median == base.median) {
    return 0;
  }
  const double more = head.median - base.median;
  return base.median == 0 ? std::copysign(std::numeric_limits<double>::infinity(), more)
                          : more / std::abs(base.median);
}

std::vector<CellChange> compare(const Compared& base, const Compared& head) {
  const bool by_name = base.variant.empty() && head.variant.empty();
  const auto heads = cells_of(head);
  std::vector<CellChange> changes;
  for (const auto& one : cells_of(base)) {
    for (const auto& other : heads) {
      const bool same_place = one.workload == other.workload && one.machine == other.machine;
      if (same_place && (!by_name || one.variant == other.variant)) {
        changes.push_back(cell_change(one, other));
      }
    }
  }
  return changes;
}

std::string stars(double p) {
  constexpr double one = 0.05;
  constexpr double two = 0.01;
  constexpr double three = 0.001;
  return p < three ? "***" : p < two ? "**" : p < one ? "*" : "";
}

}  // namespace assay::verdict
