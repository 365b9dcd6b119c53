// SPDX-License-Identifier: GPL-2.0-or-later
// What several reports say of a claim.
#include "report/layout.hpp"
#include "report/summary.hpp"
#include "verdict/figures.hpp"
#include "verdict/sides.hpp"

#include <fmt/format.h>

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
  constexpr std::size_t most_reasons = 240;
  std::vector<std::string> texts;
  for (const auto& side : claim.sides) {
    const auto counts = verdict::left_out_text(side);
    if (counts.empty()) {
      continue;
    }
    std::string why;
    for (const auto& reason : side.why_unusable) {
      why += (why.empty() ? "" : "; ") + one_line(reason);
    }
    texts.push_back(fmt::format("{}: {}", one_line(side.variant), counts) +
                    (why.empty() ? "" : fmt::format(" ({})", cut(why, most_reasons))));
  }
  return texts;
}

}  // namespace assay::report
