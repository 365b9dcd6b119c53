// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "experiment/experiment.hpp"
#include "trial/outcome.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace assay::verdict {

enum class Verdict : std::uint8_t { holds, refuted, inconclusive, not_run };
[[nodiscard]] std::string_view name_of(Verdict verdict);  ///< "holds", ..., "not run"

/// The figures of one variant that a claim was judged by, one per usable trial.
struct Side {
  std::string variant;
  std::string expected;                   ///< ">= 0.9"; "<= before + 0.01" and "" where sides are compared
  std::vector<double> values;             ///< in the order of the repeats
  unsigned findings = 0;                  ///< trials that ended as a finding: not usable, but shown
  unsigned unmet = 0;                     ///< trials whose precondition failed
  unsigned unusable = 0;                  ///< lost, skipped, failed, or without the counter
  std::vector<std::string> why_unusable;  ///< distinct reasons, for people
};

struct ClaimVerdict {
  std::string claim;  ///< id
  std::string says;
  std::string figure;  ///< "vmstat.vma_lock_retry / touches"
  std::string rule;    ///< the rule in one sentence with its numbers, as it was declared
  Verdict verdict = Verdict::not_run;
  std::string reason;  ///< the figures behind it, in one sentence
  std::vector<Side> sides;
  unsigned more_trials = 0;  ///< how many more per variant would decide, when inconclusive for want of trials
};

/// Decides claims of one kind. The statistics of a rule live behind this.
class Judge {
 public:
  Judge() = default;
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;
  Judge(Judge&&) = delete;
  Judge& operator=(Judge&&) = delete;
  virtual ~Judge() = default;
  [[nodiscard]] virtual ClaimVerdict judge(const experiment::Claim& claim,
                                           const std::vector<trial::TrialRecord>& trials) const = 0;
};

/// The plain rule. Holds: every usable trial on the declared side, at least min_trials of them per variant.
/// Refuted: every usable trial of one variant, at least min_trials of them, on the wrong side. Where two
/// variants are compared, each trial of one stands against each of the other. Not run: a variant was tried
/// and has no usable trial. Everything else is inconclusive. Pure: no state, no clock.
[[nodiscard]] std::unique_ptr<Judge> create_threshold_judge();

/// All claims of the experiment, in its order.
[[nodiscard]] std::vector<ClaimVerdict> judge_all(const experiment::Experiment& experiment,
                                                  const std::vector<trial::TrialRecord>& trials,
                                                  const Judge& judge);

}  // namespace assay::verdict
