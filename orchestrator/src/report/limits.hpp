// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "verdict/verdict.hpp"

#include <string>
#include <vector>

namespace assay::report {

/// A line that a side's figures must not cross.
struct Limit {
  std::string sign;  ///< "<=", "<", ">=", ">": where they should be
  double value = 0;
};

/// The limits that decide what is expected of a side ("<= 0.3", "less than before by over 10 %", "never") as
/// numbers on its own scale: those that speak of base count from what base came to. None for base itself, and
/// where base has no figure.
[[nodiscard]] std::vector<Limit> limits_of(const verdict::ClaimVerdict& claim, const verdict::Side& side);

}  // namespace assay::report
