// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "experiment/experiment.hpp"
#include "trial/outcome.hpp"
#include "verdict/spending.hpp"
#include "verdict/statistics.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::verdict {

enum class Verdict : std::uint8_t { holds, refuted, inconclusive, not_run };
[[nodiscard]] std::string_view name_of(Verdict verdict);  ///< "holds", ..., "not run"

/// Which of a variant's trials a figure comes from.
struct Source {
  std::string machine;
  unsigned repeat = 0;  ///< from 0
};

/// The figures of one variant that a claim was judged by, one per usable trial.
struct Side {
  std::string variant;
  std::string expected;  ///< ">= 0.9"; "<= before + 0.01", "less than before" and "" where sides are compared
  std::vector<double> values;  ///< in the order of the repeats; of a claim that counts trials: 1 and 0
  unsigned findings = 0;       ///< trials that ended as a finding: not usable, but shown
  unsigned unmet = 0;          ///< trials whose precondition failed
  unsigned unusable = 0;       ///< lost, skipped, failed, or without the counter
  std::vector<std::string> why_unusable = {};  ///< distinct reasons, for people
  std::vector<Source> sources = {};            ///< of the values, one each; none in results of older versions
  std::optional<Estimate> estimate = {};       ///< median or proportion, of claims that a test decides
};

/// The test that decided a claim.
struct Test {
  std::string method;        ///< "Mann-Whitney U, exact"
  double confidence = 0.95;  ///< of all intervals of the claim
  Estimate effect;           ///< head less base: Hodges-Lehmann shift or difference of proportions
  double p = 1;              ///< two-sided
  double p_adjusted = 1;     ///< for the other claims and looks: decides when below 1 - confidence
  unsigned claims = 1;       ///< of the experiment that a test decides
  unsigned look = 1;         ///< at which it was decided, or the last one
  unsigned looks = 1;        ///< that were planned
};

struct ClaimVerdict {
  std::string claim;  ///< id
  std::string says;
  std::string figure;  ///< "vmstat.vma_lock_retry / touches", "finding KASAN"
  std::string rule;    ///< the rule in one sentence with its numbers, as it was declared
  Verdict verdict = Verdict::not_run;
  std::string reason;       ///< the figures behind it, in one sentence
  std::vector<Side> sides;  ///< base before head
  unsigned more_trials =
      0;  ///< how many more per variant would (a test: probably) decide; 0: no number is known
  std::optional<Test> test = {};
  std::string coverage = {};  ///< "9 of 11 patched lines ran"; "" where nobody could see
};

using Trials = std::vector<trial::TrialRecord>;

/// Decides claims of one kind. The statistics of a rule live behind this. Pure: no state, no clock.
class Judge {
 public:
  Judge() = default;
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;
  Judge(Judge&&) = delete;
  Judge& operator=(Judge&&) = delete;
  virtual ~Judge() = default;

  /// What the trials say for and against the claim; of a rule without a test nothing. Cheap: called at each
  /// look.
  [[nodiscard]] virtual Evidence weigh(const experiment::Claim& claim, const Trials& trials) const;
  /// The verdict with all that is to be shown. A rule with a test is decided as `ruling` says.
  [[nodiscard]] virtual ClaimVerdict judge(const experiment::Claim& claim, const Trials& trials,
                                           const Ruling& ruling) const = 0;
};

/// "threshold" and "no-more". Holds: every usable trial on the declared side, at least min_trials of them per
/// variant. Refuted: every usable trial of one variant, at least min_trials of them, on the wrong side. Where
/// two variants are compared, each trial of one stands against each of the other. Not run: a variant was
/// tried and has no usable trial. Everything else is inconclusive.
[[nodiscard]] std::unique_ptr<Judge> create_threshold_judge();

/// "measurement" and "proportion": with `effect` as the threshold, holds when a test rejects that the
/// difference lies on the other side of it, refuted when a test rejects that it lies on the claimed side,
/// inconclusive when neither.
[[nodiscard]] std::unique_ptr<Judge> create_comparison_judge();

/// "never": refuted by a single trial. Holds when there was none in at least min_trials per variant and,
/// where an effect is declared, when the interval of the proportion excludes it.
[[nodiscard]] std::unique_ptr<Judge> create_never_judge();

/// All claims of the experiment, in its order; before them, when it is refuted, the one that none writes:
/// nothing else went wrong (unexpected.hpp). Those with a test share the error that each allows, with each
/// other (Holm) and over the looks of `schedule` (spending.hpp). A claim that was decided at a look is judged
/// by the trials up to it.
[[nodiscard]] std::vector<ClaimVerdict> judge_all(const experiment::Experiment& experiment,
                                                  const Trials& trials, const Schedule& schedule = {});

/// Whether more trials cannot change anything: what a run that goes on until all is decided asks after a
/// look.
[[nodiscard]] bool is_settled(const ClaimVerdict& verdict);

}  // namespace assay::verdict
