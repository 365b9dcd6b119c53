// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "store/run_view.hpp"
#include "trial/outcome.hpp"
#include "verdict/verdict.hpp"

#include <map>
#include <string>
#include <vector>

namespace assay::report {

/// How many trials ended how.
struct OutcomeCounts {
  unsigned pass = 0;
  unsigned fail = 0;
  unsigned finding = 0;
  unsigned skip = 0;
  unsigned lost = 0;
  void add(trial::Outcome outcome);
};
[[nodiscard]] OutcomeCounts count_outcomes(const std::vector<trial::TrialRecord>& trials);
/// "118 passed, 1 with findings, 1 lost": only what there is; "none" for nothing.
[[nodiscard]] std::string text_of(const OutcomeCounts& counts);

/// "3 hold, 1 inconclusive"; "" for none.
[[nodiscard]] std::string text_of(const std::map<verdict::Verdict, unsigned>& verdicts);
/// "4 claims: 3 hold, 1 inconclusive".
[[nodiscard]] std::string verdict_counts(const std::vector<verdict::ClaimVerdict>& verdicts);

/// The trials of one workload on one variant.
struct CellSummary {
  std::string workload;
  std::string variant;
  OutcomeCounts counts;
  std::vector<double> measured_ms;                ///< guest time, of those that passed
  [[nodiscard]] std::string median_text() const;  ///< "12.3"; "-" where none passed
};
/// In the order in which workloads first ended, the variants of each in theirs.
[[nodiscard]] std::vector<CellSummary> cells_of(const store::RunView& view);

}  // namespace assay::report
