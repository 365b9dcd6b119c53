// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "verdict/figures.hpp"
#include "verdict/settle.hpp"
#include "verdict/side_test.hpp"
#include "verdict/sides.hpp"
#include "verdict/verdict.hpp"

#include <algorithm>

namespace assay::verdict {
namespace {

using experiment::Claim;
using experiment::Comparison;
using experiment::Direction;

/// Where the claim's side begins: head less base, or the part of base that this is.
double threshold_of(const Comparison& rule) {
  const bool below = rule.direction == Direction::less || rule.direction == Direction::no_less;
  return below ? -rule.effect : rule.effect;
}

Evidence evidence_of(const Comparison& rule, const SideTest& test) {
  const auto tails = test.tails(threshold_of(rule));
  switch (rule.direction) {
    case Direction::less:
    case Direction::no_more:
      return {tails.less, tails.greater};
    case Direction::more:
    case Direction::no_less:
      return {tails.greater, tails.less};
    case Direction::same:
      break;
  }
  // Inside when it is below the upper end and above the lower one; outside when beyond one of them.
  const auto lower = test.tails(-rule.effect);
  return {std::max(tails.less, lower.greater), std::min(tails.greater, lower.less)};
}

/// Of "same", the end that more trials would have to tell head from.
double open_threshold(const Comparison& rule, const SideTest& test) {
  const double threshold = threshold_of(rule);
  if (rule.direction != Direction::same) {
    return threshold;
  }
  const auto upper = test.tails(threshold);
  const auto lower = test.tails(-threshold);
  return std::min(upper.less, upper.greater) > std::min(lower.less, lower.greater) ? threshold : -threshold;
}

std::string effect_text(const Comparison& rule) {
  return rule.relative ? number_text(rule.effect * 100) + " %" : number_text(rule.effect);
}

std::string expected_text(const Comparison& rule) {
  const auto effect = effect_text(rule);
  switch (rule.direction) {
    case Direction::less:
    case Direction::more: {
      const auto word = fmt::format("{} than {}", name_of(rule.direction), rule.base);
      return rule.effect > 0 ? fmt::format("{} by over {}", word, effect) : word;
    }
    case Direction::no_more:
      return fmt::format("<= {} + {}", rule.base, effect);
    case Direction::no_less:
      return fmt::format(">= {} - {}", rule.base, effect);
    case Direction::same:
      break;
  }
  return fmt::format("within {} +- {}", rule.base, effect);
}

std::string percent_text(double share) { return number_text(share * 100) + " %"; }

/// "after 0.02 (0 to 0.03) against before 0.5 (0.4 to 0.6), a difference of ...".
std::string figures_text(const ClaimVerdict& it) {
  return fmt::format("{} {} against {} {}: a difference of {}, p = {}", it.sides.back().variant,
                     text_of(it.sides.back().estimate.value_or(Estimate{})), it.sides.front().variant,
                     text_of(it.sides.front().estimate.value_or(Estimate{})), text_of(it.test->effect),
                     p_text(it.test->p_adjusted));
}

std::string open_text(const ClaimVerdict& it, bool lone_test_decides) {
  const auto undecided = fmt::format(
      "p = {} is not below {}{}", p_text(it.test->p_adjusted), number_text(1 - it.test->confidence),
      lone_test_decides ? fmt::format(", though {} of this test alone is", p_text(it.test->p)) : "");
  return it.more_trials > 0
             ? fmt::format("{}; about {} more per variant would decide, if they go on like these", undecided,
                           it.more_trials)
             : fmt::format("{}; as head lies right on the limit so far, no number of trials can be told",
                           undecided);
}

class ComparisonJudge final : public Judge {
 public:
  [[nodiscard]] Evidence weigh(const Claim& claim, const Trials& trials) const override {
    const auto it = begun(claim, trials);
    if (!can_test(claim, it)) {
      return {};
    }
    return evidence_of(*comparison_of(claim.rule), *test_of(claim, it));
  }

  [[nodiscard]] ClaimVerdict judge(const Claim& claim, const Trials& trials,
                                   const Ruling& ruling) const override {
    const auto& rule = *comparison_of(claim.rule);
    auto it = begun(claim, trials);
    it.sides.back().expected = expected_text(rule);
    it.rule = fmt::format("{} {}, {} confidence, at least {} trials each", rule.head,
                          it.sides.back().expected, percent_text(rule.confidence), min_trials(claim));
    if (can_test(claim, it)) {
      describe(rule, *test_of(claim, it), ruling, it);
      decide(rule, *test_of(claim, it), ruling, it);
    } else if (!settle_without_figures(it)) {
      settle_for_want_of_trials(it, min_trials(claim));
    }
    add_findings(it);
    return it;
  }

 private:
  [[nodiscard]] static unsigned min_trials(const Claim& claim) { return std::max(1U, claim.min_trials); }

  [[nodiscard]] static bool can_test(const Claim& claim, const ClaimVerdict& it) {
    return has_enough(it, min_trials(claim));
  }

  [[nodiscard]] static ClaimVerdict begun(const Claim& claim, const Trials& trials) {
    ClaimVerdict it;
    it.claim = claim.id;
    it.says = claim.says;
    it.figure = subject_of(claim.rule);
    for (const auto& variant : claim.variants()) {
      const auto* counted = std::get_if<experiment::ProportionRule>(&claim.rule);
      it.sides.push_back(
          counted != nullptr
              ? gather_events(claim, counted->event, variant, trials)
              : gather(claim, std::get<experiment::MeasurementRule>(claim.rule).figure, variant, trials));
    }
    return it;
  }

  /// Lives no longer than the sides of `it`.
  [[nodiscard]] static std::unique_ptr<SideTest> test_of(const Claim& claim, const ClaimVerdict& it) {
    return std::holds_alternative<experiment::ProportionRule>(claim.rule)
               ? counted_test(it.sides.front(), it.sides.back())
               : measured_test(it.sides.front(), it.sides.back(), comparison_of(claim.rule)->relative);
  }

  static void describe(const Comparison& rule, const SideTest& test, const Ruling& ruling, ClaimVerdict& it) {
    for (auto& side : it.sides) {
      side.estimate = test.of_side(side, rule.confidence);
    }
    it.test = Test{test.method(threshold_of(rule)),
                   rule.confidence,
                   test.effect(rule.confidence),
                   ruling.p,
                   ruling.p_adjusted,
                   ruling.claims,
                   ruling.look,
                   ruling.looks};
  }

  static void decide(const Comparison& rule, const SideTest& test, const Ruling& ruling, ClaimVerdict& it) {
    if (ruling.look == 0) {
      settle(it, Verdict::inconclusive, "the run ended before all trials of its first look");
      return;
    }
    if (ruling.decided) {
      settle(it, ruling.holds ? Verdict::holds : Verdict::refuted, figures_text(it));
      return;
    }
    const auto least =
        static_cast<unsigned>(std::min(it.sides.front().values.size(), it.sides.back().values.size()));
    if (const auto needed = test.needed(open_threshold(rule, test), ruling.level); needed > 0) {
      it.more_trials = std::max(1U, needed > least ? needed - least : 0);
    }
    settle(it, Verdict::inconclusive, open_text(it, ruling.p < 1 - rule.confidence));
  }
};

}  // namespace

std::unique_ptr<Judge> create_comparison_judge() { return std::make_unique<ComparisonJudge>(); }

}  // namespace assay::verdict
