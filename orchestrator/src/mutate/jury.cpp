// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/jury.hpp"

#include "verdict/unexpected.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

namespace assay::mutate {
namespace {

using experiment::Claim;
using verdict::Trials;
using verdict::Verdict;

/// Counters of time have their unit in their names: "seal_us", "seal_us_min".
bool is_time(const experiment::Figure& figure) {
  return std::ranges::any_of(std::array{"_us", "_ns", "_ms"}, [&](std::string_view unit) {
    const auto place = figure.numerator.find(unit);
    const auto behind = place == std::string::npos ? place : place + unit.size();
    return behind <= figure.numerator.size() &&
           (behind == figure.numerator.size() || figure.numerator[behind] == '_');
  });
}

bool needs_time(const Claim& claim) {
  return std::ranges::any_of(figures_of(claim.rule), is_time) ||
         std::ranges::any_of(claim.preconditions, [](const auto& one) { return is_time(one.figure); });
}

/// Fewest trials that a side of the claim has.
unsigned trials_of(const Claim& claim, const Trials& trials) {
  unsigned fewest = claim.min_trials;
  for (const auto& variant : claim.variants()) {
    std::set<unsigned> repeats;
    for (const auto& record : trials) {
      if (record.key.variant == variant && record.key.workload == claim.workload) {
        repeats.insert(record.key.repeat);
      }
    }
    fewest = std::min(fewest, static_cast<unsigned>(repeats.size()));
  }
  return std::max(1U, fewest);
}

/// Whether the trial says anything about the claim, be it that it cannot be judged.
bool decides(const trial::TrialRecord& record, const Claim& claim) {
  return record.outcome != trial::Outcome::lost && record.key.workload == claim.workload &&
         (claim.machines.empty() ||
          std::ranges::find(claim.machines, record.key.machine) != claim.machines.end());
}

const trial::TrialRecord* failed_in(const Trials& trials) {
  const auto found = std::ranges::find(trials, trial::Outcome::fail, &trial::TrialRecord::outcome);
  return found == trials.end() ? nullptr : &*found;
}

}  // namespace

bool speaks_of(const Claim& claim, const std::string& variant) {
  const auto variants = claim.variants();
  return std::ranges::find(variants, variant) != variants.end();
}

Jury::Jury(experiment::Experiment experiment, const Trials& baseline, std::string variant)
    : experiment_(std::move(experiment)), variant_(std::move(variant)) {
  std::erase_if(experiment_.claims, [&](const Claim& claim) { return !speaks_of(claim, variant_); });
  for (auto& claim : experiment_.claims) {
    claim.min_trials = trials_of(claim, baseline);
  }
  std::set<std::string> holding;
  for (const auto& verdict : verdict::judge_all(experiment_, baseline)) {
    if (verdict.verdict == Verdict::holds) {
      holding.insert(verdict.claim);
    }
  }
  for (const auto& claim : experiment_.claims) {
    (holding.contains(claim.id) ? held_ : not_held_).push_back(claim.id);
  }
  std::erase_if(experiment_.claims, [&](const Claim& claim) { return !holding.contains(claim.id); });
  for (auto& claim : experiment_.claims) {
    claim.min_trials = 1;
  }
  std::ranges::copy_if(baseline, std::back_inserter(others_),
                       [&](const auto& record) { return record.key.variant != variant_; });
}

void Jury::disregard(const std::string& claim) {
  std::erase_if(experiment_.claims, [&](const Claim& one) { return one.id == claim; });
  if (std::erase(held_, claim) > 0) {
    not_held_.push_back(claim);
  }
}

std::vector<Notice> Jury::notices(Trials trials) const {
  std::vector<Notice> notices;
  for (auto& record : trials) {
    record.key.variant = variant_;
  }
  const auto unexpected = std::ranges::find_if(trials, [&](const auto& record) {
    return verdict::judge_unexpected(experiment_, {record}).has_value();
  });
  if (unexpected != trials.end()) {
    notices.push_back({Killer::finding, "", unexpected->key.workload, unexpected->reason, false});
  }
  const auto* failed = failed_in(trials);
  auto judged = experiment_;
  std::erase_if(judged.claims, [&](const Claim& claim) {
    return std::ranges::none_of(trials, [&](const auto& record) { return decides(record, claim); });
  });
  auto all = others_;
  all.insert(all.end(), trials.begin(), trials.end());
  const auto verdicts = verdict::judge_all(judged, all);
  const auto add = [&](Verdict wanted, Killer killer) {
    for (const auto& verdict : verdicts) {
      const auto claim = std::ranges::find(judged.claims, verdict.claim, &Claim::id);
      if (verdict.verdict == wanted && claim != judged.claims.end()) {
        notices.push_back({killer, claim->id, claim->workload, verdict.reason, needs_time(*claim)});
      }
    }
  };
  add(Verdict::refuted, Killer::claim);
  if (failed != nullptr) {
    notices.push_back({Killer::check, "", failed->key.workload, failed->reason, false});
  }
  add(Verdict::not_run, Killer::undecided);
  return notices;
}

}  // namespace assay::mutate
