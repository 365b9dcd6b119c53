// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "verdict/figures.hpp"
#include "verdict/proportions.hpp"
#include "verdict/settle.hpp"
#include "verdict/side_test.hpp"
#include "verdict/sides.hpp"
#include "verdict/verdict.hpp"

#include <algorithm>
#include <cmath>

namespace assay::verdict {
namespace {

using experiment::NeverRule;

/// "after #3 of 10: BUG: KASAN: ..." for the first trial in which it happened.
std::string first_hit(const experiment::Claim& claim, const Side& side, const Trials& trials) {
  const auto hit =
      std::find_if(side.values.begin(), side.values.end(), [](double value) { return value > 0; });
  const auto& source = side.sources[static_cast<std::size_t>(hit - side.values.begin())];
  std::string what;
  for (const auto& record : trials) {
    const bool is_it = record.key.variant == side.variant && record.key.workload == claim.workload &&
                       record.key.machine == source.machine && record.key.repeat == source.repeat;
    if (is_it && !record.findings.empty()) {
      what = ": " + record.findings.front().title;
    }
  }
  const auto tally = tally_of(side);
  return fmt::format("{} of {} trial{} of {}, first in #{}{}", tally.hits, tally.trials, plural(tally.trials),
                     side.variant, source.repeat + 1, what);
}

/// Trials without a hit after which Clopper and Pearson's interval excludes the proportion.
unsigned trials_to_exclude(double effect, double confidence) {
  constexpr double most = 1e6;
  return static_cast<unsigned>(
      std::min(most, std::ceil(std::log((1 - confidence) / 2) / std::log1p(-effect))));
}

std::string excluded_text(const ClaimVerdict& it) {
  std::vector<std::string> parts;
  for (const auto& side : it.sides) {
    const auto tally = tally_of(side);
    parts.push_back(fmt::format("none of {} trial{} of {} (at most {} %)", tally.trials, plural(tally.trials),
                                side.variant, number_text(side.estimate->interval.high * 100)));
  }
  return listed(parts);
}

class NeverJudge final : public Judge {
 public:
  [[nodiscard]] ClaimVerdict judge(const experiment::Claim& claim, const Trials& trials,
                                   const Ruling& /*ruling*/) const override {
    const auto& rule = std::get<NeverRule>(claim.rule);
    const auto min_trials = std::max(1U, claim.min_trials);
    ClaimVerdict it;
    it.claim = claim.id;
    it.says = claim.says;
    it.figure = subject_of(claim.rule);
    it.rule = fmt::format("{} in no trial of {}, at least {} trials each", it.figure, listed(rule.variants),
                          min_trials);
    if (rule.effect > 0) {
      it.rule += fmt::format(", and {} % or more excluded with {} % confidence",
                             number_text(rule.effect * 100), number_text(rule.confidence * 100));
    }
    for (const auto& variant : rule.variants) {
      auto side = gather_events(claim, rule.event, variant, trials);
      side.expected =
          rule.effect > 0 ? fmt::format("never, under {} %", number_text(rule.effect * 100)) : "never";
      const auto tally = tally_of(side);
      side.estimate = Estimate{tally.share(), clopper_pearson(tally, rule.confidence)};
      it.sides.push_back(std::move(side));
    }
    decide(claim, rule, min_trials, trials, it);
    add_findings(it);
    return it;
  }

 private:
  static void decide(const experiment::Claim& claim, const NeverRule& rule, unsigned min_trials,
                     const Trials& trials, ClaimVerdict& it) {
    std::vector<std::string> hits;
    for (const auto& side : it.sides) {
      if (tally_of(side).hits > 0) {
        hits.push_back(first_hit(claim, side, trials));
      }
    }
    if (!hits.empty()) {
      settle(it, Verdict::refuted, listed(hits));
    } else if (settle_without_figures(it)) {
      return;
    } else if (!has_enough(it, min_trials)) {
      settle_for_want_of_trials(it, min_trials);
    } else if (const auto needed = rule.effect > 0 ? trials_to_exclude(rule.effect, rule.confidence) : 0;
               !has_enough(it, needed)) {
      for (const auto& side : it.sides) {
        it.more_trials = std::max(it.more_trials, needed - std::min(needed, tally_of(side).trials));
      }
      settle(it, Verdict::inconclusive,
             fmt::format("{}; {} more per variant would decide", excluded_text(it), it.more_trials));
    } else {
      settle(it, Verdict::holds, excluded_text(it));
    }
  }
};

}  // namespace

std::unique_ptr<Judge> create_never_judge() { return std::make_unique<NeverJudge>(); }

}  // namespace assay::verdict
