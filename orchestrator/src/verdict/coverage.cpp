// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/coverage.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace assay::verdict {
namespace {

using probe::CoveredLine;
using probe::LineState;

/// A line of a C file that is neither blank, comment nor for the preprocessor: a build that has the file has
/// code of some such line.
bool should_be_code(const probe::PatchLine& line) {
  const auto text = trimmed(line.text);
  return line.file.ends_with(".c") && text.size() > 1 && !text.starts_with('#') && !text.starts_with("/*") &&
         !text.starts_with('*') && !text.starts_with("//");
}

/// Whether the lines say that the patch did not run. Header files, macros, lines that are gone, those of
/// modules and what the compiler merged into other lines of a function say nothing.
bool none_ran(const std::vector<KernelCoverage>& kernels) {
  bool telling = false;
  for (const auto& kernel : kernels) {
    for (const auto& [line, state, among_code] : kernel.lines) {
      if (state == LineState::ran) {
        return false;
      }
      const bool silent = state == LineState::removed || state == LineState::unwatched || among_code;
      const bool dropped = !silent && should_be_code(line);
      telling = telling || state == LineState::not_run || dropped;
    }
  }
  return telling;
}

std::vector<trial::TrialRecord> trials_of(const experiment::Claim& claim,
                                          const std::vector<trial::TrialRecord>& trials) {
  const auto variants = claim.variants();
  std::vector<trial::TrialRecord> own;
  for (const auto& record : trials) {
    if (record.key.workload == claim.workload &&
        std::find(variants.begin(), variants.end(), record.key.variant) != variants.end()) {
      own.push_back(record);
    }
  }
  return own;
}

}  // namespace

std::vector<KernelCoverage> coverage_by_kernel(const std::vector<trial::TrialRecord>& trials) {
  std::vector<KernelCoverage> kernels;
  for (const auto& record : trials) {
    for (const auto& report : record.probes) {
      if (report.lines.empty() && !report.automatic) {
        continue;  // no cover of a patch
      }
      auto known = std::find_if(kernels.begin(), kernels.end(),
                                [&](const auto& kernel) { return kernel.kernel_id == record.kernel_id; });
      if (known == kernels.end()) {
        known = kernels.insert(kernels.end(), {record.key.variant, record.kernel_id, {}});
      }
      probe::merge_lines(known->lines, report.lines);
    }
  }
  return kernels;
}

std::string coverage_text(const std::vector<KernelCoverage>& kernels) {
  std::vector<std::string> parts;
  for (const auto& kernel : kernels) {
    const auto text = probe::coverage_of(kernel.lines).text();
    parts.push_back(kernels.size() == 1 ? text : fmt::format("in {} {}", kernel.variant, text));
  }
  return fmt::to_string(fmt::join(parts, "; "));
}

void add_coverage(const experiment::Experiment& experiment, const std::vector<trial::TrialRecord>& trials,
                  std::vector<ClaimVerdict>& verdicts) {
  for (auto& verdict : verdicts) {
    const auto claim = std::find_if(experiment.claims.begin(), experiment.claims.end(),
                                    [&](const auto& one) { return one.id == verdict.claim; });
    if (claim == experiment.claims.end()) {
      continue;
    }
    const auto kernels = coverage_by_kernel(trials_of(*claim, trials));
    verdict.coverage = coverage_text(kernels);
    if (!claim->control && verdict.verdict != Verdict::not_run && none_ran(kernels)) {
      verdict.reason =
          fmt::format("{}: the trials say nothing about the patch (by the numbers alone: {}, {})",
                      verdict.coverage, name_of(verdict.verdict), verdict.reason);
      verdict.verdict = Verdict::not_run;
    }
  }
}

}  // namespace assay::verdict
