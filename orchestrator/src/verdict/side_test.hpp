// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "verdict/proportions.hpp"
#include "verdict/verdict.hpp"

#include <memory>
#include <string>

namespace assay::verdict {

/// Two sides and the test that compares them. Both sides have values.
class SideTest {
 public:
  SideTest() = default;
  SideTest(const SideTest&) = delete;
  SideTest& operator=(const SideTest&) = delete;
  SideTest(SideTest&&) = delete;
  SideTest& operator=(SideTest&&) = delete;
  virtual ~SideTest() = default;

  /// Of "head lies below (above) base by more than `threshold`"; a part of base's values when the rule's
  /// effect is relative.
  [[nodiscard]] virtual Tails tails(double threshold) const = 0;
  /// Head less base.
  [[nodiscard]] virtual Estimate effect(double confidence) const = 0;
  [[nodiscard]] virtual Estimate of_side(const Side& side, double confidence) const = 0;
  /// Trials per side after which tails() would probably be decided at `alpha`; 0: no number would do.
  [[nodiscard]] virtual unsigned needed(double threshold, double alpha) const = 0;
  [[nodiscard]] virtual std::string method(double threshold) const = 0;
};

/// For figures: Mann-Whitney, Hodges-Lehmann, bootstrap. The sides outlive it.
[[nodiscard]] std::unique_ptr<SideTest> measured_test(const Side& base, const Side& head, bool relative);
/// For trials that were counted: exact tests and intervals of proportions.
[[nodiscard]] std::unique_ptr<SideTest> counted_test(const Side& base, const Side& head);

/// In how many of the side's trials the event happened.
[[nodiscard]] Tally tally_of(const Side& side);

}  // namespace assay::verdict
