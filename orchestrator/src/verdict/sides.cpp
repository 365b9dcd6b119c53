// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/sides.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <tuple>

namespace assay::verdict {
namespace {

void note(Side& side, std::string why) {
  auto& reasons = side.why_unusable;
  if (std::find(reasons.begin(), reasons.end(), why) == reasons.end()) {
    reasons.push_back(std::move(why));
  }
}

std::string why_no_value(const experiment::Figure& figure, const trial::TrialRecord& record) {
  for (const auto& name : {figure.numerator, figure.denominator}) {
    if (!name.empty() && record.counter(name) == nullptr) {
      return fmt::format("no counter {}", name);
    }
  }
  return fmt::format("{} was not above zero", figure.denominator);
}

std::string why_not_passed(const trial::TrialRecord& record) {
  std::string reason = record.reason;
  for (const auto& check : record.checks) {
    if (reason.empty() && !check.ok) {
      reason = fmt::format("check {} failed{}{}", check.name, check.detail.empty() ? "" : ": ", check.detail);
    }
  }
  return reason.empty() ? std::string(name_of(record.outcome))
                        : fmt::format("{}: {}", name_of(record.outcome), reason);
}

/// Counts the trial as unusable or unmet and returns nothing, or returns its figure.
std::optional<double> take(const experiment::Claim& claim, const experiment::Figure& figure,
                           const trial::TrialRecord& record, Side& side) {
  if (record.outcome == trial::Outcome::finding) {
    ++side.findings;
    note(side, record.findings.empty() ? why_not_passed(record)
                                       : fmt::format("finding: {}", record.findings.front().title));
    return std::nullopt;
  }
  if (record.outcome != trial::Outcome::pass) {
    ++side.unusable;
    note(side, why_not_passed(record));
    return std::nullopt;
  }
  for (const auto& condition : claim.preconditions) {
    const auto value = value_of(condition.figure, record);
    if (!value) {
      ++side.unusable;
      note(side, why_no_value(condition.figure, record));
      return std::nullopt;
    }
    if (!condition.bound.admits(*value)) {
      ++side.unmet;
      note(side, fmt::format("{} {} was not met", condition.figure.text(), condition.bound.text()));
      return std::nullopt;
    }
  }
  const auto value = value_of(figure, record);
  if (!value) {
    ++side.unusable;
    note(side, why_no_value(figure, record));
  }
  return value;
}

}  // namespace

std::optional<double> value_of(const experiment::Figure& figure, const trial::TrialRecord& record) {
  const auto* numerator = record.counter(figure.numerator);
  if (numerator == nullptr) {
    return std::nullopt;
  }
  if (figure.denominator.empty()) {
    return static_cast<double>(*numerator);
  }
  const auto* denominator = record.counter(figure.denominator);
  if (denominator == nullptr || *denominator <= 0) {
    return std::nullopt;
  }
  return static_cast<double>(*numerator) / static_cast<double>(*denominator);
}

Side gather(const experiment::Claim& claim, const experiment::Figure& figure, const std::string& variant,
            const std::vector<trial::TrialRecord>& trials) {
  std::vector<const trial::TrialRecord*> own;
  for (const auto& record : trials) {
    if (record.key.variant == variant && record.key.workload == claim.workload) {
      own.push_back(&record);
    }
  }
  std::sort(own.begin(), own.end(), [](const auto* a, const auto* b) {
    return std::tie(a->key.repeat, a->key.machine, a) < std::tie(b->key.repeat, b->key.machine, b);
  });
  Side side;
  side.variant = variant;
  for (const auto* record : own) {
    if (const auto value = take(claim, figure, *record, side)) {
      side.values.push_back(*value);
    }
  }
  return side;
}

std::size_t tried(const Side& side) {
  return side.values.size() + side.findings + side.unmet + side.unusable;
}

std::string left_out_text(const Side& side) {
  std::vector<std::string> parts;
  if (side.findings > 0) {
    parts.push_back(fmt::format("{} finding{}", side.findings, plural(side.findings)));
  }
  if (side.unmet > 0) {
    parts.push_back(fmt::format("{} below what it requires", side.unmet));
  }
  if (side.unusable > 0) {
    parts.push_back(fmt::format("{} without usable figures", side.unusable));
  }
  return listed(parts);
}

}  // namespace assay::verdict
