// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "experiment/experiment.hpp"
#include "mutate/score.hpp"
#include "verdict/verdict.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace assay::mutate {

/// What somebody noticed of a mutant.
struct Notice {
  Killer killer = Killer::claim;
  std::string claim;     ///< "" where none speaks of it
  std::string workload;  ///< in which it showed
  std::string why;       ///< a sentence
  bool by_time = false;  ///< a time shows it, or a time-out: a busy host may be at fault
};

/// A claim about which the trials of a mutant do not agree.
struct Doubt {
  std::string claim;
  std::string workload;
  std::string machine;  ///< of a trial that speaks against it
  unsigned trials = 1;  ///< further ones that settle it: as many as the claim's rule asks for
};

[[nodiscard]] bool speaks_of(const experiment::Claim& claim, const std::string& variant);

/// Judges a mutant by the claims that hold without it: as it were the variant that it is made of, beside the
/// trials of the unchanged others. A single trial may be enough to refute.
class Jury {
 public:
  /// `baseline`: the trials of the unchanged kernels. `on_time`: claims that look at a time.
  Jury(experiment::Experiment experiment, const verdict::Trials& baseline, std::string variant,
       std::set<std::string> on_time);

  /// Claims on the variant that hold over the baseline, with as many trials as it has.
  [[nodiscard]] const std::vector<std::string>& held() const { return held_; }
  /// The other claims on the variant.
  [[nodiscard]] const std::vector<std::string>& not_held() const { return not_held_; }
  /// Takes a claim off `held()`: it does not hold for the unchanged kernel when that is judged as a mutant
  /// is.
  void disregard(const std::string& claim);

  /// What the trials of a mutant show, the surest first; they may have any name as their variant. Workloads
  /// without a trial decide nothing.
  [[nodiscard]] std::vector<Notice> notices(verdict::Trials trials) const;

  /// Claims that neither hold nor are refuted over all trials of a mutant, as many as the baseline has. Of
  /// times it is no wonder.
  [[nodiscard]] std::vector<Doubt> doubts(verdict::Trials trials) const;
  /// Whether the further ones of a mutant's trials, those from that repeat on, settle it against the mutant:
  /// one of them refutes the claim by itself, or they are all there and it does not hold over them.
  [[nodiscard]] std::optional<Notice> settled(const Doubt& doubt, const verdict::Trials& trials,
                                              unsigned first_repeat) const;

 private:
  /// The claims that the trials say anything about.
  [[nodiscard]] std::vector<verdict::ClaimVerdict> judge(verdict::Trials trials) const;
  [[nodiscard]] const experiment::Claim& held_claim(const std::string& id) const;
  [[nodiscard]] bool refutes(const trial::TrialRecord& record, const std::string& claim) const;

  experiment::Experiment experiment_;  ///< with the claims that hold, satisfied by one trial
  verdict::Trials others_;
  std::string variant_;
  std::set<std::string> on_time_;
  std::map<std::string, unsigned> asked_;  ///< trials, by each claim
  std::vector<std::string> held_;
  std::vector<std::string> not_held_;
};

}  // namespace assay::mutate
