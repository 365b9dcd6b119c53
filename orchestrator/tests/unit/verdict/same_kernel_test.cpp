// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/same_kernel.hpp"

#include <gtest/gtest.h>

namespace assay::verdict {
namespace {

using namespace experiment;

constexpr Bound many{Bound::Direction::at_least, 0.9};
constexpr Bound few{Bound::Direction::at_most, 0.1};

Experiment experiment_of(Rule rule) {
  Experiment experiment;
  machine::MachineSpec small;
  small.name = "small";
  small.arch = Arch::x86_64;
  experiment.machines = {small};
  Claim claim;
  claim.id = "c";
  claim.workload = "w";
  claim.rule = std::move(rule);
  experiment.claims = {claim};
  return experiment;
}

bool same(const Experiment& experiment, const KernelLikeness& kernels) {
  return compares_one_kernel(experiment, experiment.claims.front(), kernels);
}

const KernelLikeness equal = {{"before", "k"}, {"after", "k"}};
const KernelLikeness different = {{"before", "k"}, {"after", "l"}};

TEST(SameKernelTest, RulesThatCompareSides) {
  const Comparison pair{"before", "after"};
  const std::vector<Rule> rules = {ThresholdRule{{"x", ""}, {{"before", many}, {"after", few}}},
                                   ThresholdRule{{"x", ""}, {{"before", many}, {"after", many}}},
                                   NoMoreRule{{"x", ""}, "before", "after", 0},
                                   MeasurementRule{{"x", ""}, pair}, ProportionRule{{}, pair}};
  for (const auto& rule : rules) {
    EXPECT_TRUE(same(experiment_of(rule), equal)) << rule.index();
    EXPECT_FALSE(same(experiment_of(rule), different)) << rule.index();
    EXPECT_FALSE(same(experiment_of(rule), {})) << rule.index();
  }
}

TEST(SameKernelTest, RulesAboutOneSide) {
  EXPECT_FALSE(same(experiment_of(NeverRule{{}, {"before", "after"}}), equal));
  EXPECT_FALSE(same(experiment_of(ThresholdRule{{"x", ""}, {{"after", few}}}), equal));
}

TEST(SameKernelTest, AThirdVariantIsStillCompared) {
  const KernelLikeness two_of_three = {{"a", "k"}, {"b", "k"}, {"c", "l"}};
  EXPECT_FALSE(
      same(experiment_of(ThresholdRule{{"x", ""}, {{"a", few}, {"b", few}, {"c", many}}}), two_of_three));
  EXPECT_TRUE(
      same(experiment_of(ThresholdRule{{"x", ""}, {{"a", few}, {"b", many}, {"c", many}}}), two_of_three))
      << "one kernel cannot lie on both sides of a limit";
}

TEST(SameKernelTest, AProbeInOneOfThemMakesThemDiffer) {
  auto experiment = experiment_of(MeasurementRule{{"x", ""}, {"before", "after"}});
  probe::ProbeSpec probe;
  probe.kind = probe::Kind::delay;
  experiment.probes = {probe};
  EXPECT_TRUE(same(experiment, equal)) << "it acts in both";
  experiment.probes[0].variants = {"after"};
  EXPECT_FALSE(same(experiment, equal));
  experiment.probes[0].workloads = {"another"};
  EXPECT_TRUE(same(experiment, equal));
}

TEST(SameKernelTest, OnAllArchitecturesThatDecide) {
  auto experiment = experiment_of(MeasurementRule{{"x", ""}, {"before", "after"}});
  machine::MachineSpec big;
  big.name = "big";
  big.arch = Arch::sparc64;
  experiment.machines.push_back(big);
  const KernelLikeness kernels = {
      {"before", "k"}, {"after", "k"}, {"before/sparc64", "m"}, {"after/sparc64", "n"}};
  EXPECT_FALSE(same(experiment, kernels));
  experiment.claims[0].machines = {"small"};
  EXPECT_TRUE(same(experiment, kernels));
}

TEST(SameKernelTest, TheVerdictIsTakenBack) {
  const auto experiment = experiment_of(ThresholdRule{{"x", ""}, {{"before", many}, {"after", few}}});
  std::vector<ClaimVerdict> verdicts(1);
  verdicts[0].claim = experiment.claims.front().id;
  verdicts[0].verdict = Verdict::refuted;
  verdicts[0].more_trials = 3;
  set_aside_same_kernels(experiment, different, verdicts);
  EXPECT_EQ(verdicts[0].verdict, Verdict::refuted);
  set_aside_same_kernels(experiment, equal, verdicts);
  EXPECT_EQ(verdicts[0].verdict, Verdict::not_run);
  EXPECT_EQ(verdicts[0].reason, "before and after are the same kernel: there is nothing to compare");
  EXPECT_TRUE(is_settled(verdicts[0])) << "more trials change nothing";
}

}  // namespace
}  // namespace assay::verdict
