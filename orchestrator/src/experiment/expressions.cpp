// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/expressions.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace assay::experiment {
namespace {

constexpr std::string_view letters_and_digits =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

bool is_made_of(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return letters_and_digits.find(c) != std::string_view::npos || others.find(c) != std::string_view::npos;
  });
}

/// Names of probes may have a '-' in them; elsewhere it would be taken for a difference.
bool is_counter(std::string_view text) {
  return !text.empty() && is_made_of(text, text.starts_with("probe.") ? "_.-" : "_.");
}

/// A counter or "p99(counter)".
bool is_name_of_number(std::string_view text) {
  const auto percentile = percentile_in(text);
  return is_counter(percentile ? std::string_view(percentile->metric) : text);
}

/// A finite decimal number that fills `text`.
bool parse_number(std::string_view text, double& out) {
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  return error == std::errc{} && stop == end && std::isfinite(out);
}

}  // namespace

Result<Figure> parse_figure(std::string_view text) {
  const auto slash = text.find('/');
  Figure figure;
  figure.numerator = trimmed(text.substr(0, slash));
  if (slash != std::string_view::npos) {
    figure.denominator = trimmed(text.substr(slash + 1));
  }
  if (!is_name_of_number(figure.numerator) ||
      (slash != std::string_view::npos && !is_name_of_number(figure.denominator))) {
    return fail(
        Failure::usage,
        "\"{}\" is not a figure: write a counter, or one per another, as in \"vmstat.pgfault / touches\"",
        text);
  }
  return figure;
}

Result<Bound> parse_bound(std::string_view text) {
  const auto whole = trimmed(text);
  const auto sign = whole.substr(0, 2);
  Bound bound;
  bound.direction = sign == ">=" ? Bound::Direction::at_least : Bound::Direction::at_most;
  if ((sign != ">=" && sign != "<=") || !parse_number(trimmed(whole.substr(2)), bound.limit)) {
    return fail(Failure::usage, "\"{}\" is not a bound: write \">= NUMBER\" or \"<= NUMBER\"", text);
  }
  return bound;
}

Result<Precondition> parse_condition(std::string_view text) {
  const auto sign = text.find_first_of("<>=!");
  const auto figure = parse_figure(text.substr(0, sign));
  const auto bound = parse_bound(sign == std::string_view::npos ? "" : text.substr(sign));
  if (!figure || !bound) {
    return fail(Failure::usage,
                "\"{}\" is not a condition: write a counter and a bound, as in \"writer_ops >= 100\"", text);
  }
  return Precondition{*figure, *bound};
}

Result<CountedEvent> parse_event(std::string_view text) {
  const auto whole = trimmed(text);
  CountedEvent event;
  if (whole.find_first_of("<>=") != std::string_view::npos) {
    auto condition = parse_condition(whole);
    if (!condition) {
      return condition.error();
    }
    event.kind = CountedEvent::Kind::figure;
    event.condition = std::move(*condition);
    return event;
  }
  const auto blank = whole.find(' ');
  const auto word = whole.substr(0, blank);
  event.name = blank == std::string_view::npos ? "" : trimmed(whole.substr(blank));
  if (word == "finding") {
    return event;
  }
  event.kind = word == "check" ? CountedEvent::Kind::check : CountedEvent::Kind::failure;
  if ((word == "check" && !event.name.empty()) || (word == "failure" && event.name.empty())) {
    return event;
  }
  return fail(Failure::usage,
              "\"{}\" cannot be counted: write \"finding\", \"finding TEXT\" (what its title contains), "
              "\"failure\", \"check NAME\", or a counter and a bound, as in \"leaked >= 1\"",
              text);
}

Result<Direction> parse_direction(std::string_view text) {
  std::vector<std::string> known;
  for (const auto direction :
       {Direction::less, Direction::more, Direction::no_more, Direction::no_less, Direction::same}) {
    known.emplace_back(name_of(direction));
    if (text == known.back()) {
      return direction;
    }
  }
  return fail(Failure::usage, "\"{}\" is no direction; there is {}", text, listed(known));
}

Result<double> parse_percentage(std::string_view text) {
  const auto whole = trimmed(text);
  double number = 0;
  if (whole.empty() || whole.back() != '%' ||
      !parse_number(trimmed(whole.substr(0, whole.size() - 1)), number)) {
    return fail(Failure::usage, "\"{}\" is no percentage: write a number, or as in \"10%\"", text);
  }
  return number / 100;
}

Result<Nanoseconds> parse_rate(std::string_view text) {
  constexpr std::string_view unit = "Hz";
  double rate = 0;
  const bool has_unit = text.size() > unit.size() && text.substr(text.size() - unit.size()) == unit;
  if (!has_unit || !parse_number(trimmed(text.substr(0, text.size() - unit.size())), rate)) {
    return fail(Failure::usage, "\"{}\" is not a rate: write a number of Hz, as in \"10Hz\"", text);
  }
  if (rate < 1 || rate > 100) {
    return fail(Failure::usage, "\"{}\" is out of range: 1Hz to 100Hz", text);
  }
  return Nanoseconds(static_cast<std::int64_t>(1e9 / rate));
}

Result<std::string> parse_message_id(std::string_view text) {
  const auto at = text.find('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == text.size() ||
      text.find_first_of(" \t\r\n<>") != std::string_view::npos) {
    return fail(Failure::usage, "\"{}\" is not a message id: write it without <>, as in \"1234@example.org\"",
                text);
  }
  return std::string(text);
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && is_made_of(text, "._-") && is_made_of(text.substr(0, 1), "_");
}

}  // namespace assay::experiment
