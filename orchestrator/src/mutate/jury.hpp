// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "experiment/experiment.hpp"
#include "mutate/score.hpp"
#include "verdict/verdict.hpp"

#include <optional>
#include <string>
#include <vector>

namespace assay::mutate {

/// What somebody noticed of a mutant.
struct Notice {
  Killer killer = Killer::claim;
  std::string claim;     ///< "" where none speaks of it
  std::string workload;  ///< in which it showed
  std::string why;       ///< a sentence
  bool by_time = false;  ///< a figure or what it requires is a time: a busy host may be at fault
};

[[nodiscard]] bool speaks_of(const experiment::Claim& claim, const std::string& variant);

/// Judges a mutant by the claims that hold without it: as it were the variant that it is made of, beside the
/// trials of the unchanged others. A single trial may be enough to refute.
class Jury {
 public:
  /// `baseline`: the trials of the unchanged kernels.
  Jury(experiment::Experiment experiment, const verdict::Trials& baseline, std::string variant);

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

 private:
  experiment::Experiment experiment_;  ///< with the claims that hold, satisfied by one trial
  verdict::Trials others_;
  std::string variant_;
  std::vector<std::string> held_;
  std::vector<std::string> not_held_;
};

}  // namespace assay::mutate
