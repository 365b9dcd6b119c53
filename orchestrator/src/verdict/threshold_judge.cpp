// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "verdict/figures.hpp"
#include "verdict/settle.hpp"
#include "verdict/sides.hpp"
#include "verdict/verdict.hpp"

#include <algorithm>
#include <cmath>

namespace assay::verdict {
namespace {

using experiment::Claim;
using experiment::NoMoreRule;
using experiment::ThresholdRule;

/// Where the usable trials of one side lie.
enum class Lie : std::uint8_t { none, right, wrong, mixed };

/// One side of a claim as a rule sees it.
struct Seen {
  Lie lie = Lie::none;
  bool enough = false;  ///< trials, for this side to count
  std::string why;      ///< what to say of it when it is wrong or mixed
};

struct Case {
  ClaimVerdict verdict;
  std::vector<Seen> seen;  ///< parallel to verdict.sides
  unsigned min_trials = 1;
};

Lie lie_of(std::size_t wrong, std::size_t all) {
  if (all == 0) {
    return Lie::none;
  }
  if (wrong == 0) {
    return Lie::right;
  }
  return wrong == all ? Lie::wrong : Lie::mixed;
}

bool enough(const Side& side, unsigned min_trials) { return side.values.size() >= min_trials; }

void see_threshold(const Claim& claim, const ThresholdRule& rule, const Trials& trials, Case& it) {
  for (const auto& [variant, bound] : rule.expect) {
    auto side = rule.event ? gather_events(claim, *rule.event, variant, trials)
                           : gather(claim, rule.figure, variant, trials);
    side.expected = bound.text();
    const auto all = side.values.size();
    const auto wrong = static_cast<std::size_t>(std::count_if(
        side.values.begin(), side.values.end(), [&limit = bound](double v) { return !limit.admits(v); }));
    it.seen.push_back(
        {lie_of(wrong, all), enough(side, it.min_trials),
         fmt::format("{} of {} trial{} of {} {} not {} ({})",
                     wrong == all ? "all" : number_text(static_cast<double>(wrong)), all, plural(all),
                     variant, wrong == 1 && all > 1 ? "is" : "are", side.expected, range_text(side.values))});
    it.verdict.sides.push_back(std::move(side));
  }
}

/// Each trial of head against each of base: no statistics, so that only a clear case is decided.
Seen see_pair(const Side& base, const Side& head, double slack, unsigned min_trials) {
  const auto base_values = summary_of(base.values);
  const auto head_values = summary_of(head.values);
  Seen seen;
  seen.enough = enough(base, min_trials) && enough(head, min_trials);
  if (!head_values) {
    return seen;
  }
  seen.lie = Lie::right;
  if (base_values && head_values->max > base_values->min + slack) {
    const bool all = head_values->min > base_values->max + slack;
    seen.lie = all ? Lie::wrong : Lie::mixed;
    seen.why =
        fmt::format("{} trial of {} ({}) has more than {} of {} ({})", all ? "every" : "some", head.variant,
                    range_text(head.values), all ? "any" : "some", base.variant, range_text(base.values));
  }
  return seen;
}

void see_no_more(const Claim& claim, const NoMoreRule& rule, const Trials& trials, Case& it) {
  auto base = gather(claim, rule.figure, rule.base, trials);
  auto head = gather(claim, rule.figure, rule.head, trials);
  head.expected = rule.slack > 0 ? fmt::format("<= {} + {}", rule.base, number_text(rule.slack))
                                 : fmt::format("<= {}", rule.base);
  it.seen.push_back({base.values.empty() ? Lie::none : Lie::right, enough(base, it.min_trials), ""});
  it.seen.push_back(see_pair(base, head, rule.slack, it.min_trials));
  it.verdict.sides.push_back(std::move(base));
  it.verdict.sides.push_back(std::move(head));
}

std::string rule_text(const ClaimVerdict& verdict, unsigned min_trials) {
  std::vector<std::string> parts;
  for (const auto& side : verdict.sides) {
    if (!side.expected.empty()) {
      parts.push_back(side.variant + " " + side.expected);
    }
  }
  return fmt::format("{} in each of at least {} trials", listed(parts), min_trials);
}

std::string figures_text(const ClaimVerdict& verdict) {
  std::vector<std::string> parts;
  for (const auto& side : verdict.sides) {
    parts.push_back(fmt::format("{} {} in {} trial{}", side.variant, range_text(side.values),
                                side.values.size(), plural(side.values.size())));
  }
  return listed(parts);
}

/// The first side that `wanted` picks.
template <class Wanted>
const Seen* first(const Case& it, Wanted wanted) {
  const auto found = std::find_if(it.seen.begin(), it.seen.end(), wanted);
  return found == it.seen.end() ? nullptr : &*found;
}

void decide(Case& it) {
  const auto wrong = [](const Seen& seen) { return seen.lie == Lie::wrong; };
  if (const auto* seen = first(it, [](const Seen& s) { return s.lie == Lie::wrong && s.enough; })) {
    settle(it.verdict, Verdict::refuted, seen->why);
  } else if (settle_without_figures(it.verdict)) {
    return;
  } else if (first(it, wrong) != nullptr) {
    settle_for_want_of_trials(it.verdict, it.min_trials);
  } else if (const auto* mixed = first(it, [](const Seen& s) { return s.lie == Lie::mixed; })) {
    settle(it.verdict, Verdict::inconclusive, mixed->why);
  } else if (first(it, [](const Seen& s) { return !s.enough; }) != nullptr) {
    settle_for_want_of_trials(it.verdict, it.min_trials);
  } else {
    settle(it.verdict, Verdict::holds, figures_text(it.verdict));
  }
}

/// True when the rule itself cannot be judged, whatever the trials say. Experiment files cannot say such a
/// thing; programs can.
bool is_void(const experiment::Rule& rule) {
  if (const auto* pair = std::get_if<NoMoreRule>(&rule)) {
    return !std::isfinite(pair->slack);
  }
  const auto& expect = std::get<ThresholdRule>(rule).expect;
  return expect.empty() || std::any_of(expect.begin(), expect.end(),
                                       [](const auto& one) { return !std::isfinite(one.bound.limit); });
}

class ThresholdJudge final : public Judge {
 public:
  [[nodiscard]] ClaimVerdict judge(const Claim& claim, const Trials& trials,
                                   const Ruling& /*ruling*/) const override {
    Case it;
    it.verdict.claim = claim.id;
    it.verdict.says = claim.says;
    it.min_trials = std::max(1U, claim.min_trials);
    it.verdict.figure = subject_of(claim.rule);
    if (is_void(claim.rule)) {
      settle(it.verdict, Verdict::not_run, "the rule names no variant or a limit that is not a number");
      return std::move(it.verdict);
    }
    if (const auto* threshold = std::get_if<ThresholdRule>(&claim.rule)) {
      see_threshold(claim, *threshold, trials, it);
    } else {
      see_no_more(claim, std::get<NoMoreRule>(claim.rule), trials, it);
    }
    it.verdict.rule = rule_text(it.verdict, it.min_trials);
    decide(it);
    add_findings(it.verdict);
    return std::move(it.verdict);
  }
};

}  // namespace

std::unique_ptr<Judge> create_threshold_judge() { return std::make_unique<ThresholdJudge>(); }

}  // namespace assay::verdict
