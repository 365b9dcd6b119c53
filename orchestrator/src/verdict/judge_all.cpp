// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/unexpected.hpp"
#include "verdict/verdict.hpp"

#include <algorithm>
#include <map>

namespace assay::verdict {
namespace {

using experiment::Claim;
using experiment::Experiment;

/// One of each kind, in the order of experiment::Rule.
struct Judges {
  std::unique_ptr<Judge> threshold = create_threshold_judge();
  std::unique_ptr<Judge> comparison = create_comparison_judge();
  std::unique_ptr<Judge> never = create_never_judge();

  [[nodiscard]] const Judge& of(const Claim& claim) const {
    if (comparison_of(claim.rule) != nullptr) {
      return *comparison;
    }
    return std::holds_alternative<experiment::NeverRule>(claim.rule) ? *never : *threshold;
  }
};

Trials up_to(const Trials& trials, unsigned repeats) {
  Trials some;
  std::copy_if(trials.begin(), trials.end(), std::back_inserter(some),
               [&](const auto& record) { return record.key.repeat < repeats; });
  return some;
}

/// Looks whose trials have all been run; without a schedule there is one, at whatever there is.
unsigned looks_reached(const Experiment& experiment, const Trials& trials, const Schedule& schedule) {
  if (schedule.step == 0) {
    return 1;
  }
  const auto cells = experiment.trials_per_repeat();
  unsigned reached = 0;
  while (reached < schedule.looks()) {
    const auto repeats = schedule.repeats_at(reached + 1);
    const auto run = std::count_if(trials.begin(), trials.end(),
                                   [&](const auto& record) { return record.key.repeat < repeats; });
    if (static_cast<std::size_t>(run) < cells * repeats) {
      break;
    }
    ++reached;
  }
  return reached;
}

/// The rulings on the claims with a test, by their places in the experiment.
std::map<std::size_t, Ruling> rule_on_tests(const Experiment& experiment, const Trials& trials,
                                            const Schedule& schedule, const Judges& judges) {
  std::vector<std::size_t> places;
  std::vector<double> alpha;
  for (std::size_t i = 0; i < experiment.claims.size(); ++i) {
    if (const auto* comparison = comparison_of(experiment.claims[i].rule)) {
      places.push_back(i);
      alpha.push_back(1 - comparison->confidence);
    }
  }
  std::vector<std::vector<Evidence>> looks;
  for (unsigned look = 1; look <= looks_reached(experiment, trials, schedule); ++look) {
    const auto seen = schedule.step == 0 ? trials : up_to(trials, schedule.repeats_at(look));
    looks.emplace_back();
    for (const auto place : places) {
      looks.back().push_back(judges.comparison->weigh(experiment.claims[place], seen));
    }
  }
  const auto rulings = decide(looks, alpha, schedule);
  std::map<std::size_t, Ruling> by_place;
  for (std::size_t i = 0; i < places.size(); ++i) {
    by_place.emplace(places[i], rulings[i]);
  }
  return by_place;
}

}  // namespace

std::vector<ClaimVerdict> judge_all(const Experiment& experiment, const Trials& trials,
                                    const Schedule& schedule) {
  const Judges judges;
  const auto rulings = rule_on_tests(experiment, trials, schedule, judges);
  std::vector<ClaimVerdict> verdicts;
  if (auto unexpected = judge_unexpected(experiment, trials)) {
    verdicts.push_back(std::move(*unexpected));
  }
  for (std::size_t i = 0; i < experiment.claims.size(); ++i) {
    const auto& claim = experiment.claims[i];
    const auto found = rulings.find(i);
    const auto ruling = found == rulings.end() ? Ruling{} : found->second;
    const bool by_look = found != rulings.end() && schedule.step > 0 && ruling.look > 0;
    verdicts.push_back(judges.of(claim).judge(
        claim, by_look ? up_to(trials, schedule.repeats_at(ruling.look)) : trials, ruling));
  }
  return verdicts;
}

}  // namespace assay::verdict
