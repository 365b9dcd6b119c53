// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/limits.hpp"

#include "base/text.hpp"
#include "experiment/expressions.hpp"
#include "verdict/figures.hpp"

#include <charconv>
#include <cmath>
#include <optional>

namespace assay::report {
namespace {

using verdict::Side;

/// What the test compares with, or else what each trial of head is held against.
std::optional<double> level_of(const Side& base) {
  if (base.estimate && !base.values.empty()) {
    return base.estimate->value;
  }
  const auto summary = verdict::summary_of(base.values);
  return summary ? std::optional(summary->min) : std::nullopt;
}

/// The number at the end of " by over 10 %", " + 0.1", "": a part of `level` for a percentage.
double distance_in(std::string_view text, double level) {
  const auto number = text.find_first_of("0123456789");
  if (number == std::string_view::npos) {
    return 0;
  }
  double distance = 0;
  std::from_chars(text.data() + number, text.data() + text.size(), distance);
  return text.ends_with('%') ? std::abs(level) * distance / 100 : distance;
}

/// What follows `words` and base's name.
std::optional<std::string_view> behind(std::string_view text, std::string_view words, std::string_view base) {
  if (!text.starts_with(words) || !text.substr(words.size()).starts_with(base)) {
    return std::nullopt;
  }
  return text.substr(words.size() + base.size());
}

std::vector<Limit> limits_from_base(std::string_view expected, std::string_view base, double level) {
  if (const auto rest = behind(expected, "less than ", base)) {
    return {{"<", level - distance_in(*rest, level)}};
  }
  if (const auto rest = behind(expected, "more than ", base)) {
    return {{">", level + distance_in(*rest, level)}};
  }
  if (const auto rest = behind(expected, "<= ", base)) {
    return {{"<=", level + distance_in(*rest, level)}};
  }
  if (const auto rest = behind(expected, ">= ", base)) {
    return {{">=", level - distance_in(*rest, level)}};
  }
  if (const auto rest = behind(expected, "within ", base)) {
    const auto distance = distance_in(*rest, level);
    return {{">=", level - distance}, {"<=", level + distance}};
  }
  return {};
}

}  // namespace

std::vector<Limit> limits_of(const verdict::ClaimVerdict& claim, const Side& side) {
  if (const auto bound = experiment::parse_bound(side.expected)) {
    return {{bound->direction == experiment::Bound::Direction::at_least ? ">=" : "<=", bound->limit}};
  }
  if (side.expected.starts_with("never")) {
    std::vector<Limit> limits{{"<=", 0}};
    if (const auto excluded = distance_in(side.expected, 1); excluded > 0) {
      limits.push_back({"<", excluded});
    }
    return limits;
  }
  const auto& base = claim.sides.front();
  const auto level = level_of(base);
  return level && &base != &side ? limits_from_base(side.expected, base.variant, *level)
                                 : std::vector<Limit>();
}

}  // namespace assay::report
