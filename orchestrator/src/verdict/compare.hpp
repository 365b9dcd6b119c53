// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "trial/outcome.hpp"
#include "verdict/statistics.hpp"

#include <string>
#include <vector>

namespace assay::verdict {

/// One metric on one side of a comparison.
struct Level {
  std::size_t trials = 0;  ///< that have it
  double median = 0;
  double spread = 0;  ///< median distance from the median
};

/// A metric on both sides. Without any explanation by a claim: p is of this test alone.
struct MetricChange {
  std::string metric;  ///< "measured ms", a counter, or "not passed", whose level is a share of trials
  Level base;
  Level head;
  double p = 1;  ///< two-sided: Mann-Whitney; of shares, Fisher
  /// Head's median above base's, as a part of it; infinite from nothing to something.
  [[nodiscard]] double change() const;
};

/// All metrics of one workload on one machine.
struct CellChange {
  std::string workload;
  std::string machine;
  std::string base_variant;
  std::string head_variant;
  std::size_t base_trials = 0;
  std::size_t head_trials = 0;
  std::vector<MetricChange> metrics;  ///< in the order of the trials' counters
};

struct Compared {
  std::vector<trial::TrialRecord> trials;
  std::string variant;  ///< only this one; "" for all, each with the one of the same name
};

/// What both sides have run, cell by cell in the order of base's trials. Numbers are those of trials that
/// passed.
[[nodiscard]] std::vector<CellChange> compare(const Compared& base, const Compared& head);

/// "***" for p below 0.001, "**" below 0.01, "*" below 0.05, "" otherwise.
[[nodiscard]] std::string stars(double p);

}  // namespace assay::verdict
