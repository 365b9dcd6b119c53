// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/rules.hpp"

#include <fmt/format.h>

#include <charconv>
#include <system_error>

namespace assay::experiment {

std::optional<Percentile> percentile_in(std::string_view name) {
  const auto open = name.find('(');
  if (open == std::string_view::npos || name.front() != 'p' || name.back() != ')') {
    return std::nullopt;
  }
  double percent = 0;
  const auto number = name.substr(1, open - 1);
  const auto* end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, percent, std::chars_format::fixed);
  if (error != std::errc{} || stop != end || !(percent >= 0 && percent <= 100)) {
    return std::nullopt;
  }
  return Percentile{percent / 100, std::string(name.substr(open + 1, name.size() - open - 2))};
}

std::string Bound::text() const {
  return fmt::format("{} {}", direction == Direction::at_least ? ">=" : "<=", limit);
}

std::string CountedEvent::text() const {
  switch (kind) {
    case Kind::finding:
      return name.empty() ? "finding" : "finding " + name;
    case Kind::failure:
      return "failure";
    case Kind::check:
      return "check " + name;
    case Kind::figure:
      break;
  }
  return condition.figure.text() + " " + condition.bound.text();
}

std::string_view name_of(Direction direction) {
  switch (direction) {
    case Direction::less:
      return "less";
    case Direction::more:
      return "more";
    case Direction::no_more:
      return "no-more";
    case Direction::no_less:
      return "no-less";
    case Direction::same:
      break;
  }
  return "same";
}

const Comparison* comparison_of(const Rule& rule) {
  if (const auto* measurement = std::get_if<MeasurementRule>(&rule)) {
    return &measurement->comparison;
  }
  const auto* proportion = std::get_if<ProportionRule>(&rule);
  return proportion == nullptr ? nullptr : &proportion->comparison;
}

std::vector<std::string> variants_of(const Rule& rule) {
  if (const auto* comparison = comparison_of(rule)) {
    return {comparison->base, comparison->head};
  }
  if (const auto* pair = std::get_if<NoMoreRule>(&rule)) {
    return {pair->base, pair->head};
  }
  if (const auto* never = std::get_if<NeverRule>(&rule)) {
    return never->variants;
  }
  std::vector<std::string> names;
  for (const auto& expectation : std::get<ThresholdRule>(rule).expect) {
    names.push_back(expectation.variant);
  }
  return names;
}

const CountedEvent* event_of(const Rule& rule) {
  if (const auto* threshold = std::get_if<ThresholdRule>(&rule)) {
    return threshold->event ? &*threshold->event : nullptr;
  }
  if (const auto* proportion = std::get_if<ProportionRule>(&rule)) {
    return &proportion->event;
  }
  const auto* never = std::get_if<NeverRule>(&rule);
  return never == nullptr ? nullptr : &never->event;
}

namespace {

const Figure* figure_of(const Rule& rule) {
  return std::visit(
      [](const auto& one) -> const Figure* {
        if constexpr (requires { one.figure; }) {
          return &one.figure;
        } else {
          return nullptr;
        }
      },
      rule);
}

}  // namespace

std::vector<Figure> figures_of(const Rule& rule) {
  const auto* event = event_of(rule);
  if (event == nullptr) {
    return {*figure_of(rule)};
  }
  return event->kind == CountedEvent::Kind::figure ? std::vector{event->condition.figure}
                                                   : std::vector<Figure>();
}

std::string subject_of(const Rule& rule) {
  const auto* event = event_of(rule);
  return event != nullptr ? event->text() : figure_of(rule)->text();
}

}  // namespace assay::experiment
