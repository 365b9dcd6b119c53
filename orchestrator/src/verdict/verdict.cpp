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

Evidence Judge::weigh(const experiment::Claim& /*claim*/, const Trials& /*trials*/) const { return {}; }

bool is_settled(const ClaimVerdict& verdict) {
  return verdict.verdict == Verdict::holds || verdict.verdict == Verdict::refuted ||
         (!verdict.test && verdict.more_trials == 0);
}

}  // namespace assay::verdict
