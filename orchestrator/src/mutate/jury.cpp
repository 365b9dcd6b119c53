// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/jury.hpp"

#include "trial/time_out.hpp"
#include "verdict/unexpected.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace assay::mutate {
namespace {

using experiment::Claim;
using trial::TrialRecord;
using verdict::ClaimVerdict;
using verdict::Trials;
using verdict::Verdict;

/// Repeats of the claim's side that has fewest.
unsigned repeats_of(const Claim& claim, const Trials& trials) {
  std::size_t fewest = trials.size();
  for (const auto& variant : claim.variants()) {
    std::set<unsigned> repeats;
    for (const auto& record : trials) {
      if (record.key.variant == variant && record.key.workload == claim.workload) {
        repeats.insert(record.key.repeat);
      }
    }
    fewest = std::min(fewest, repeats.size());
  }
  return static_cast<unsigned>(fewest);
}

/// Whether the trial says anything about the claim, be it that it cannot be judged.
bool decides(const TrialRecord& record, const Claim& claim) {
  return record.outcome != trial::Outcome::lost && record.key.workload == claim.workload &&
         (claim.machines.empty() ||
          std::ranges::find(claim.machines, record.key.machine) != claim.machines.end());
}

/// A trial that failed, one that took too long only where there is no other.
const TrialRecord* failed_in(const Trials& trials) {
  const auto has_failed = [](const auto& record) { return record.outcome == trial::Outcome::fail; };
  auto found = std::ranges::find_if(
      trials, [&](const auto& record) { return has_failed(record) && !timed_out(record); });
  if (found == trials.end()) {
    found = std::ranges::find_if(trials, has_failed);
  }
  return found == trials.end() ? nullptr : &*found;
}

bool took_too_long(const Trials& trials, const std::string& workload) {
  return std::ranges::any_of(
      trials, [&](const auto& record) { return record.key.workload == workload && timed_out(record); });
}

unsigned unsureness(const Notice& notice) {
  return notice.killer == Killer::undecided ? 2 : notice.by_time ? 1 : 0;
}

}  // namespace

bool speaks_of(const Claim& claim, const std::string& variant) {
  const auto variants = claim.variants();
  return std::ranges::find(variants, variant) != variants.end();
}

Jury::Jury(experiment::Experiment experiment, const Trials& baseline, std::string variant,
           std::set<std::string> on_time)
    : experiment_(std::move(experiment)), variant_(std::move(variant)), on_time_(std::move(on_time)) {
  std::erase_if(experiment_.claims, [&](const Claim& claim) { return !speaks_of(claim, variant_); });
  for (auto& claim : experiment_.claims) {
    const auto had = repeats_of(claim, baseline);
    asked_[claim.id] = std::max(claim.min_trials, had);
    claim.min_trials = std::max(1U, std::min(claim.min_trials, had));
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

const Claim& Jury::held_claim(const std::string& id) const {
  return *std::ranges::find(experiment_.claims, id, &Claim::id);
}

std::vector<ClaimVerdict> Jury::judge(Trials trials) const {
  auto judged = experiment_;
  std::erase_if(judged.claims, [&](const Claim& claim) {
    return std::ranges::none_of(trials, [&](const auto& record) { return decides(record, claim); });
  });
  for (auto& record : trials) {
    record.key.variant = variant_;
  }
  trials.insert(trials.end(), others_.begin(), others_.end());
  auto verdicts = verdict::judge_all(judged, trials);
  std::erase_if(verdicts, [&](const ClaimVerdict& verdict) {
    return std::ranges::find(judged.claims, verdict.claim, &Claim::id) == judged.claims.end();
  });
  return verdicts;
}

std::vector<Notice> Jury::notices(Trials trials) const {
  std::vector<Notice> notices;
  const auto unexpected = std::ranges::find_if(trials, [&](auto record) {
    record.key.variant = variant_;
    return verdict::judge_unexpected(experiment_, {std::move(record)}).has_value();
  });
  if (unexpected != trials.end()) {
    notices.push_back({Killer::finding, "", unexpected->key.workload, unexpected->reason, false});
  }
  for (const auto& verdict : judge(trials)) {
    const auto& workload = held_claim(verdict.claim).workload;
    const bool refuted = verdict.verdict == Verdict::refuted;
    if (refuted || verdict.verdict == Verdict::not_run) {
      notices.push_back({refuted ? Killer::claim : Killer::undecided, verdict.claim, workload, verdict.reason,
                         on_time_.contains(verdict.claim) || took_too_long(trials, workload)});
    }
  }
  if (const auto* failed = failed_in(trials)) {
    notices.push_back({Killer::check, "", failed->key.workload, failed->reason, timed_out(*failed)});
  }
  std::ranges::stable_sort(notices, {}, unsureness);
  return notices;
}

bool Jury::refutes(const TrialRecord& record, const std::string& claim) const {
  return std::ranges::any_of(judge({record}), [&](const ClaimVerdict& verdict) {
    return verdict.claim == claim && verdict.verdict == Verdict::refuted;
  });
}

std::vector<Doubt> Jury::doubts(Trials trials) const {
  std::vector<Doubt> doubts;
  for (const auto& verdict : judge(trials)) {
    if (verdict.verdict != Verdict::inconclusive || on_time_.contains(verdict.claim)) {
      continue;
    }
    const auto& doubted = held_claim(verdict.claim);
    auto against =
        std::ranges::find_if(trials, [&](const auto& record) { return refutes(record, verdict.claim); });
    if (against == trials.end()) {
      against = std::ranges::find_if(trials, [&](const auto& record) { return decides(record, doubted); });
    }
    doubts.push_back({verdict.claim, doubted.workload, against->key.machine, asked_.at(verdict.claim)});
  }
  return doubts;
}

std::optional<Notice> Jury::settled(const Doubt& doubt, const Trials& trials, unsigned first_repeat) const {
  Trials further;
  std::ranges::copy_if(trials, std::back_inserter(further), [&](const auto& record) {
    return record.key.repeat >= first_repeat && record.key.workload == doubt.workload &&
           record.key.machine == doubt.machine;
  });
  const auto verdict_over = [&](const Trials& some) {
    const auto verdicts = judge(some);
    const auto found = std::ranges::find(verdicts, doubt.claim, &ClaimVerdict::claim);
    return found == verdicts.end() ? ClaimVerdict() : *found;
  };
  if (std::ranges::any_of(further, [&](const auto& record) { return refutes(record, doubt.claim); })) {
    return Notice{Killer::claim, doubt.claim, doubt.workload, verdict_over(trials).reason, false};
  }
  auto verdict = verdict_over(further);
  if (further.size() < doubt.trials || verdict.verdict == Verdict::holds) {
    return std::nullopt;
  }
  return Notice{Killer::undecided, doubt.claim, doubt.workload, std::move(verdict.reason), false};
}

}  // namespace assay::mutate
