// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/same_kernel.hpp"

#include "base/text.hpp"
#include "trial/runner.hpp"

#include <algorithm>
#include <variant>

namespace assay::verdict {
namespace {

using experiment::Claim;
using experiment::Experiment;
using experiment::ThresholdRule;

/// Two variants that a rule compares.
struct Pair {
  std::string one;
  std::string other;
  bool differs = false;  ///< they shall lie on different sides of a limit
};

std::vector<Pair> compared(const experiment::Rule& rule) {
  if (const auto* test = experiment::comparison_of(rule)) {
    return {{test->base, test->head}};
  }
  if (const auto* no_more = std::get_if<experiment::NoMoreRule>(&rule)) {
    return {{no_more->base, no_more->head}};
  }
  std::vector<Pair> pairs;
  if (const auto* threshold = std::get_if<ThresholdRule>(&rule)) {
    const auto& expect = threshold->expect;
    for (std::size_t i = 0; i < expect.size(); ++i) {
      for (std::size_t j = i + 1; j < expect.size(); ++j) {
        pairs.push_back(
            {expect[i].variant, expect[j].variant, expect[i].bound.direction != expect[j].bound.direction});
      }
    }
  }
  return pairs;
}

bool acts_in_one_only(const probe::ProbeSpec& probe, const std::string& one, const std::string& other) {
  const auto acts_in = [&](const std::string& variant) {
    return probe.variants.empty() ||
           std::find(probe.variants.begin(), probe.variants.end(), variant) != probe.variants.end();
  };
  return acts_in(one) != acts_in(other);
}

/// On every architecture on which the claim is decided.
bool is_one_kernel(const Experiment& experiment, const Claim& claim, const KernelLikeness& kernels,
                   const std::string& one, const std::string& other) {
  bool any = false;
  for (const auto& machine : experiment.machines) {
    const auto first = kernels.find(trial::kernel_key(one, machine.arch));
    const auto second = kernels.find(trial::kernel_key(other, machine.arch));
    const bool decides = claim.machines.empty() || std::find(claim.machines.begin(), claim.machines.end(),
                                                             machine.name) != claim.machines.end();
    if (!decides || first == kernels.end() || second == kernels.end()) {
      continue;
    }
    if (first->second != second->second) {
      return false;
    }
    any = true;
  }
  return any;
}

}  // namespace

bool compares_one_kernel(const Experiment& experiment, const Claim& claim, const KernelLikeness& kernels) {
  const auto is_one = [&](const Pair& pair) {
    return is_one_kernel(experiment, claim, kernels, pair.one, pair.other) &&
           std::none_of(experiment.probes.begin(), experiment.probes.end(), [&](const auto& probe) {
             return probe::acts_in(probe, claim.workload) && acts_in_one_only(probe, pair.one, pair.other);
           });
  };
  const auto pairs = compared(claim.rule);
  const bool contradicts =
      std::any_of(pairs.begin(), pairs.end(), [&](const Pair& pair) { return pair.differs && is_one(pair); });
  return contradicts || (!pairs.empty() && std::all_of(pairs.begin(), pairs.end(), is_one));
}

void set_aside_same_kernels(const Experiment& experiment, const KernelLikeness& kernels,
                            std::vector<ClaimVerdict>& verdicts) {
  for (auto& verdict : verdicts) {
    const auto claim = std::ranges::find(experiment.claims, verdict.claim, &Claim::id);
    if (claim != experiment.claims.end() && compares_one_kernel(experiment, *claim, kernels)) {
      verdict.verdict = Verdict::not_run;
      verdict.reason =
          fmt::format("{} are the same kernel: there is nothing to compare", listed(claim->variants()));
      verdict.more_trials = 0;
      verdict.test.reset();
    }
  }
}

}  // namespace assay::verdict
