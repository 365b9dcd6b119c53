// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/counts.hpp"

#include "base/text.hpp"
#include "report/variants.hpp"
#include "verdict/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace assay::report {

void OutcomeCounts::add(trial::Outcome outcome) {
  switch (outcome) {
    case trial::Outcome::pass:
      ++pass;
      return;
    case trial::Outcome::fail:
      ++fail;
      return;
    case trial::Outcome::finding:
      ++finding;
      return;
    case trial::Outcome::skip:
      ++skip;
      return;
    case trial::Outcome::lost:
      ++lost;
      return;
  }
}

OutcomeCounts count_outcomes(const std::vector<trial::TrialRecord>& trials) {
  OutcomeCounts counts;
  for (const auto& record : trials) {
    counts.add(record.outcome);
  }
  return counts;
}

std::string text_of(const OutcomeCounts& counts) {
  using Part = std::pair<unsigned, std::string_view>;
  const std::array parts{Part{counts.pass, "passed"}, Part{counts.fail, "failed"},
                         Part{counts.finding, "with findings"}, Part{counts.skip, "skipped"},
                         Part{counts.lost, "lost"}};
  std::string text;
  for (const auto& [count, word] : parts) {
    if (count > 0) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, word);
    }
  }
  return text.empty() ? "none" : text;
}

std::string text_of(const std::map<verdict::Verdict, unsigned>& verdicts) {
  std::string text;
  for (const auto& [verdict, count] : verdicts) {
    const auto word = verdict == verdict::Verdict::holds && count > 1 ? "hold" : verdict::name_of(verdict);
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, word);
  }
  return text;
}

std::string verdict_counts(const std::vector<verdict::ClaimVerdict>& verdicts) {
  std::map<verdict::Verdict, unsigned> counts;
  for (const auto& one : verdicts) {
    ++counts[one.verdict];
  }
  return fmt::format("{} claim{}{}{}", verdicts.size(), plural(verdicts.size()), counts.empty() ? "" : ": ",
                     text_of(counts));
}

std::string CellSummary::median_text() const {
  const auto summary = verdict::summary_of(measured_ms);
  return summary ? fmt::format("{:.1f}", summary->median) : "-";
}

std::vector<CellSummary> cells_of(const store::RunView& view) {
  std::vector<CellSummary> cells;
  for (const auto& record : view.trials) {
    auto cell = std::ranges::find_if(cells, [&](const CellSummary& one) {
      return one.workload == record.key.workload && one.variant == record.key.variant;
    });
    if (cell == cells.end()) {
      cell = cells.insert(cells.end(), CellSummary{record.key.workload, record.key.variant, {}, {}});
    }
    cell->counts.add(record.outcome);
    if (record.outcome == trial::Outcome::pass) {
      cell->measured_ms.push_back(static_cast<double>(record.measured.count()) / 1e6);
    }
  }
  std::vector<std::string> workloads;
  for (const auto& cell : cells) {
    workloads.push_back(cell.workload);
  }
  const Variants variants(view);
  std::ranges::stable_sort(cells, {}, [&](const CellSummary& cell) {
    return std::pair(std::ranges::find(workloads, cell.workload) - workloads.begin(),
                     variants.place(cell.variant));
  });
  return cells;
}

}  // namespace assay::report
