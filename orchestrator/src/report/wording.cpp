// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/wording.hpp"

#include "base/text.hpp"
#include "report/layout.hpp"
#include "verdict/figures.hpp"
#include "verdict/sides.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace assay::report {
namespace {

/// ", -72 % of before", or nothing where base is none.
std::string part_of_base(const verdict::ClaimVerdict& claim) {
  const auto& base = claim.sides.front();
  const auto value = base.estimate.value_or(verdict::Estimate{}).value;
  return value == 0 ? ""
                    : fmt::format(", {:+.3g} % of {}", claim.test->effect.value / std::abs(value) * 100,
                                  one_line(base.variant));
}

}  // namespace

std::vector<std::vector<std::string>> side_rows(const verdict::ClaimVerdict& claim) {
  const bool estimated =
      std::ranges::any_of(claim.sides, [](const auto& side) { return side.estimate.has_value(); });
  std::vector<std::vector<std::string>> rows{{"variant", "trials", "min", "median", "max", "expected"}};
  if (estimated) {
    rows.front() = {"variant", "trials", "value", "from", "to", "expected"};
  }
  for (const auto& side : claim.sides) {
    const auto summary = verdict::summary_of(side.values);
    const auto extremes = summary.value_or(verdict::Summary{});
    const auto estimate = side.estimate.value_or(verdict::Estimate{});
    const auto cell = [&](double value) {
      return summary && side.estimate.has_value() == estimated ? verdict::number_text(value)
                                                               : std::string("-");
    };
    rows.push_back({side.variant, fmt::format("{}", side.values.size()),
                    cell(estimated ? estimate.value : extremes.min),
                    cell(estimated ? estimate.interval.low : extremes.median),
                    cell(estimated ? estimate.interval.high : extremes.max), side.expected});
  }
  return rows;
}

std::string few(const std::vector<std::string>& items) {
  constexpr std::size_t most = 5;
  if (items.size() <= most) {
    return listed(items);
  }
  std::vector<std::string> shown(items.begin(), items.begin() + most);
  shown.push_back(fmt::format("{} more", items.size() - most));
  return listed(shown);
}

std::string side_text(const verdict::Side& side) {
  const auto summary = verdict::summary_of(side.values);
  if (!summary) {
    return "no usable trial";
  }
  const auto shown = side.estimate.value_or(verdict::Estimate{summary->median, {summary->min, summary->max}});
  return fmt::format("{}, n = {}", verdict::text_of(shown), side.values.size());
}

std::string effect_text(const verdict::ClaimVerdict& claim) {
  return verdict::text_of(claim.test->effect) + part_of_base(claim);
}

std::string test_text(const verdict::Test& test) {
  std::string correction;
  if (test.claims > 1) {
    correction = fmt::format("{} claims (Holm)", test.claims);
  }
  if (test.looks > 1) {
    correction += fmt::format("{}look {} of {}", correction.empty() ? "" : " and ", test.look, test.looks);
  }
  auto text = fmt::format("{} ({})", verdict::p_text(test.p), one_line(test.method));
  if (!correction.empty()) {
    text += fmt::format("; {} with {}", verdict::p_text(test.p_adjusted), correction);
  }
  return text;
}

std::string sources_text(const verdict::ClaimVerdict& claim) {
  std::string text;
  for (const auto& side : claim.sides) {
    const auto sources = verdict::sources_text(side);
    text += sources.empty() ? "" : fmt::format("{}{} {}", text.empty() ? "" : "; ", side.variant, sources);
  }
  return one_line(text);
}

std::vector<std::string> left_out_texts(const verdict::ClaimVerdict& claim) {
  constexpr std::size_t most_reasons = 5;
  constexpr std::size_t widest_reason = 120;
  std::vector<std::string> texts;
  for (const auto& side : claim.sides) {
    const auto counts = verdict::left_out_text(side);
    if (counts.empty()) {
      continue;
    }
    const auto& reasons = side.why_unusable;
    std::string why;
    for (std::size_t i = 0; i < std::min(reasons.size(), most_reasons); ++i) {
      why += (why.empty() ? "" : "; ") + cut(reasons[i], widest_reason);
    }
    if (reasons.size() > most_reasons) {
      why += fmt::format("; and {} more reason{}", reasons.size() - most_reasons,
                         plural(reasons.size() - most_reasons));
    }
    texts.push_back(fmt::format("{}: {}", one_line(side.variant), counts) +
                    (why.empty() ? "" : fmt::format(" ({})", why)));
  }
  return texts;
}

}  // namespace assay::report
