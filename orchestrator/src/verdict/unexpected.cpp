// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/unexpected.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <map>

namespace assay::verdict {
namespace {

using experiment::Claim;

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

/// Whether the claim is about what the trial found. What follows from a finding in the same trial needs no
/// claim of its own.
bool counts(const Claim& claim, const trial::TrialRecord& record) {
  const auto* event = event_of(claim.rule);
  return event != nullptr && event->kind == experiment::CountedEvent::Kind::finding &&
         claim.workload == record.key.workload && has(claim.variants(), record.key.variant) &&
         (claim.machines.empty() || has(claim.machines, record.key.machine)) &&
         std::ranges::any_of(record.findings, [&](const auto& report) {
           return report.title.find(event->name) != std::string::npos;
         });
}

bool is_unexpected(const experiment::Experiment& experiment, const trial::TrialRecord& record) {
  return record.outcome == trial::Outcome::finding &&
         std::ranges::none_of(experiment.claims, [&](const auto& claim) { return counts(claim, record); });
}

std::string where(const trial::TrialKey& key) {
  return fmt::format("{}/{}/{}#{}", key.variant, key.machine, key.workload, key.repeat + 1);
}

}  // namespace

std::optional<ClaimVerdict> judge_unexpected(const experiment::Experiment& experiment, const Trials& trials) {
  std::map<std::string, Side> sides;
  std::vector<std::string> titles;
  const trial::TrialRecord* first = nullptr;
  for (const auto& record : trials) {
    if (!is_unexpected(experiment, record)) {
      continue;
    }
    first = first == nullptr ? &record : first;
    auto& side = sides[record.key.variant];
    ++side.findings;
    if (!has(side.why_unusable, record.reason)) {
      side.why_unusable.push_back(record.reason);
    }
    if (!has(titles, record.reason)) {
      titles.push_back(record.reason);
    }
  }
  if (first == nullptr) {
    return std::nullopt;
  }
  ClaimVerdict it;
  it.claim = "nothing-else-went-wrong";
  it.says = "Nothing else went wrong.";
  it.figure = "finding";
  it.rule = "no finding but those that a claim counts, in any trial";
  it.verdict = Verdict::refuted;
  unsigned count = 0;
  for (auto& variant : experiment.variants) {
    if (const auto found = sides.find(variant.name); found != sides.end()) {
      found->second.variant = variant.name;
      found->second.expected = "none";
      count += found->second.findings;
      it.sides.push_back(std::move(found->second));
    }
  }
  const auto others = titles.size() - 1;
  it.reason = fmt::format("{} trial{} ended as a finding that no claim counts: {} in {}{}", count,
                          plural(count), first->reason, where(first->key),
                          others > 0 ? fmt::format(", and {} other title{}", others, plural(others)) : "");
  return it;
}

}  // namespace assay::verdict
