// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/sides.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <map>
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

/// Counts the trial as left out, with the reason.
void leave_out(const trial::TrialRecord& record, Side& side) {
  const bool finding = record.outcome == trial::Outcome::finding;
  ++(finding ? side.findings : side.unusable);
  note(side, finding && !record.findings.empty() ? fmt::format("finding: {}", record.findings.front().title)
                                                 : why_not_passed(record));
}

/// Whether the trial did what the claim requires; otherwise counts it as unmet or unusable.
bool meets(const experiment::Claim& claim, const trial::TrialRecord& record, Side& side) {
  for (const auto& condition : claim.preconditions) {
    const auto value = value_of(condition.figure, record);
    if (!value) {
      ++side.unusable;
      note(side, why_no_value(condition.figure, record));
      return false;
    }
    if (!condition.bound.admits(*value)) {
      ++side.unmet;
      note(side, fmt::format("{} {} was not met", condition.figure.text(), condition.bound.text()));
      return false;
    }
  }
  return true;
}

/// Whether the workload came to its end, and what it found was in order.
bool has_figures(const experiment::Claim& claim, const trial::TrialRecord& record) {
  return record.outcome == trial::Outcome::pass ||
         (claim.with_findings && record.outcome == trial::Outcome::finding &&
          record.measured > Nanoseconds(0) && std::ranges::all_of(record.checks, &trial::CheckResult::ok));
}

/// Counts the trial as left out and returns nothing, or returns its figure.
std::optional<double> take(const experiment::Claim& claim, const experiment::Figure& figure,
                           const trial::TrialRecord& record, Side& side) {
  if (!has_figures(claim, record)) {
    leave_out(record, side);
    return std::nullopt;
  }
  if (!meets(claim, record, side)) {
    return std::nullopt;
  }
  const auto value = value_of(figure, record);
  if (!value) {
    ++side.unusable;
    note(side, why_no_value(figure, record));
  }
  return value;
}

/// Whether the event happened; nothing when the trial cannot tell.
std::optional<bool> happened(const experiment::CountedEvent& event, const trial::TrialRecord& record) {
  using Kind = experiment::CountedEvent::Kind;
  if (record.outcome == trial::Outcome::lost || record.outcome == trial::Outcome::skip) {
    return std::nullopt;
  }
  const bool finding = record.outcome == trial::Outcome::finding;
  if (event.kind == Kind::finding) {
    const bool wanted = std::any_of(record.findings.begin(), record.findings.end(), [&](const auto& report) {
      return report.title.find(event.name) != std::string::npos;
    });
    if (finding && !wanted && !event.name.empty()) {
      return std::nullopt;  // It ended as another one before this one had its chance.
    }
    return finding;
  }
  if (event.kind == Kind::check) {
    for (const auto& check : record.checks) {
      if (check.name == event.name) {
        return !check.ok;
      }
    }
    return std::nullopt;
  }
  if (finding) {
    return std::nullopt;
  }
  return record.outcome == trial::Outcome::fail;
}

/// Counts the trial as left out and returns nothing, or returns 1 when the event happened, else 0.
std::optional<double> take_event(const experiment::Claim& claim, const experiment::CountedEvent& event,
                                 const trial::TrialRecord& record, Side& side) {
  if (event.kind == experiment::CountedEvent::Kind::figure) {
    const auto value = take(claim, event.condition.figure, record, side);
    return value ? std::optional(event.condition.bound.admits(*value) ? 1.0 : 0.0) : std::nullopt;
  }
  const auto hit = happened(event, record);
  if (!hit && record.outcome == trial::Outcome::pass) {
    ++side.unusable;
    note(side, "no " + event.text());
    return std::nullopt;
  }
  if (!hit) {
    leave_out(record, side);
    return std::nullopt;
  }
  if (!*hit && !meets(claim, record, side)) {
    return std::nullopt;
  }
  return *hit ? 1 : 0;
}

/// Whether the claim is about the machine that the trial ran on.
bool judges(const experiment::Claim& claim, const trial::TrialRecord& record) {
  const auto& machines = claim.machines;
  return machines.empty() ||
         std::find(machines.begin(), machines.end(), record.key.machine) != machines.end();
}

/// The side that `take` makes of the variant's trials, in the order of their repeats.
template <class Take>
Side gathered(const experiment::Claim& claim, const std::string& variant,
              const std::vector<trial::TrialRecord>& trials, Take take_one) {
  std::vector<const trial::TrialRecord*> own;
  for (const auto& record : trials) {
    if (record.key.variant == variant && record.key.workload == claim.workload && judges(claim, record)) {
      own.push_back(&record);
    }
  }
  std::sort(own.begin(), own.end(), [](const auto* a, const auto* b) {
    return std::tie(a->key.repeat, a->key.machine, a) < std::tie(b->key.repeat, b->key.machine, b);
  });
  Side side;
  side.variant = variant;
  for (const auto* record : own) {
    if (const std::optional<double> value = take_one(*record, side)) {
      side.values.push_back(*value);
      side.sources.push_back({record->key.machine, record->key.repeat});
    }
  }
  return side;
}

/// "#1-#4 and #6" of sorted repeats.
std::string repeats_text(const std::vector<unsigned>& repeats) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin < repeats.size();) {
    auto end = begin + 1;
    while (end < repeats.size() && repeats[end] == repeats[end - 1] + 1) {
      ++end;
    }
    parts.push_back(end - begin == 1 ? fmt::format("#{}", repeats[begin] + 1)
                                     : fmt::format("#{}-#{}", repeats[begin] + 1, repeats[end - 1] + 1));
    begin = end;
  }
  return listed(parts);
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
  return gathered(claim, variant, trials, [&](const trial::TrialRecord& record, Side& side) {
    return take(claim, figure, record, side);
  });
}

Side gather_events(const experiment::Claim& claim, const experiment::CountedEvent& event,
                   const std::string& variant, const std::vector<trial::TrialRecord>& trials) {
  return gathered(claim, variant, trials, [&](const trial::TrialRecord& record, Side& side) {
    return take_event(claim, event, record, side);
  });
}

std::string sources_text(const Side& side) {
  std::map<std::string, std::vector<unsigned>> by_machine;
  for (const auto& source : side.sources) {
    by_machine[source.machine].push_back(source.repeat);
  }
  std::vector<std::string> parts;
  for (const auto& [machine, repeats] : by_machine) {
    parts.push_back((by_machine.size() > 1 ? machine + " " : "") + repeats_text(repeats));
  }
  return listed(parts);
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
