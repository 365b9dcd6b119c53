// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/verdict.hpp"

namespace assay::verdict {

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::holds:
      return "holds";
    case Verdict::refuted:
      return "refuted";
    case Verdict::inconclusive:
      return "inconclusive";
    case Verdict::not_run:
      break;
  }
  return "not run";
}

std::vector<ClaimVerdict> judge_all(const experiment::Experiment& experiment,
                                    const std::vector<trial::TrialRecord>& trials, const Judge& judge) {
  std::vector<ClaimVerdict> verdicts;
  for (const auto& claim : experiment.claims) {
    verdicts.push_back(judge.judge(claim, trials));
  }
  return verdicts;
}

}  // namespace assay::verdict
