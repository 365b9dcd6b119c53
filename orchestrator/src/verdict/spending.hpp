// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "verdict/statistics.hpp"

namespace assay::verdict {

/// When the claims of a run are looked at, fixed before its first trial. One look, at the end, unless the run
/// goes on until they are decided.
struct Schedule {
  unsigned step = 0;  ///< repeats from one look to the next; 0: one look at whatever there is
  unsigned cap = 0;   ///< repeats at the last look; step <= cap

  [[nodiscard]] unsigned looks() const;
  /// Repeats per variant at look `number`, from 1. Not for a schedule of one look.
  [[nodiscard]] unsigned repeats_at(unsigned number) const;
};

/// Which part of the allowed error the look may spend, between 0 and 1: what Pocock's spending function
/// ln(1 + (e - 1) t) (Lan and DeMets 1983) grows by from the look before. All looks together spend 1, so that
/// their errors add up to what was allowed at most, however the looks depend on each other.
[[nodiscard]] double share_of_look(const Schedule& schedule, unsigned number);

/// What one look at one claim says, as one-sided p-values: a small one speaks for its side.
struct Evidence {
  double holds = 1;
  double refutes = 1;
};

/// One test among others, and at one look among others.
struct Ruling {
  bool decided = false;
  bool holds = false;     ///< which side it was decided for
  unsigned look = 1;      ///< at which it was decided, or the last one; 0: no look was reached
  unsigned looks = 1;     ///< planned
  unsigned claims = 1;    ///< that were tested together
  double p = 1;           ///< two-sided, of this test alone
  double p_adjusted = 1;  ///< for the other claims and looks, to be compared with 1 - confidence
  double level = 0.05;    ///< what p has to stay below at the last look at the latest, for sure
};

/// Decides claims look by look: holm() over the claims of a look, then the look's share. What is decided
/// stays. `looks` holds, for each look that was reached, the evidence for each claim; `alpha` is 1 -
/// confidence of each claim. Under no effect, the chance of any false decision is at most the largest alpha.
[[nodiscard]] std::vector<Ruling> decide(const std::vector<std::vector<Evidence>>& looks,
                                         const std::vector<double>& alpha, const Schedule& schedule);

}  // namespace assay::verdict
