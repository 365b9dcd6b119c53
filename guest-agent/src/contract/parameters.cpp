// SPDX-License-Identifier: GPL-2.0-or-later
#include "contract/parameters.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace assay::agent {
namespace {

struct Suffix {
  std::string_view text;
  std::int64_t factor;
};

constexpr std::array size_suffixes{Suffix{"", 1},
                                   Suffix{"K", 1LL << 10U},
                                   Suffix{"M", 1LL << 20U},
                                   Suffix{"G", 1LL << 30U},
                                   Suffix{"KiB", 1LL << 10U},
                                   Suffix{"MiB", 1LL << 20U},
                                   Suffix{"GiB", 1LL << 30U}};
constexpr std::array duration_suffixes{Suffix{"ns", 1},
                                       Suffix{"us", 1'000},
                                       Suffix{"ms", 1'000'000},
                                       Suffix{"s", 1'000'000'000},
                                       Suffix{"min", 60'000'000'000},
                                       Suffix{"h", 3'600'000'000'000}};

struct Split {
  std::int64_t number;
  std::string_view rest;
};

std::optional<Split> split_number(std::string_view text) {
  Split result{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, result.number);
  if (error != std::errc{}) {
    return std::nullopt;
  }
  result.rest = text.substr(static_cast<std::size_t>(stop - text.data()));
  return result;
}

std::optional<std::int64_t> scaled(std::string_view text, std::span<const Suffix> suffixes) {
  const auto split = split_number(text);
  if (!split) {
    return std::nullopt;
  }
  const auto found = std::ranges::find(suffixes, split->rest, &Suffix::text);
  std::int64_t value = 0;
  if (found == suffixes.end() || __builtin_mul_overflow(split->number, found->factor, &value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::int64_t> parse_boolean(std::string_view text) {
  if (text == "true" || text == "yes" || text == "on" || text == "1") {
    return 1;
  }
  if (text == "false" || text == "no" || text == "off" || text == "0") {
    return 0;
  }
  return std::nullopt;
}

std::optional<std::int64_t> parse_value(const ParameterSpec& spec, std::string_view text) {
  switch (spec.type) {
    case ParameterType::integer: {
      const auto split = split_number(text);
      return split && split->rest.empty() ? std::optional(split->number) : std::nullopt;
    }
    case ParameterType::size:
      return scaled(text, size_suffixes);
    case ParameterType::duration:
      return text == "0" ? std::optional<std::int64_t>(0) : scaled(text, duration_suffixes);
    case ParameterType::boolean:
      return parse_boolean(text);
    case ParameterType::choice: {
      const auto found = std::ranges::find(spec.choices, text);
      return found == spec.choices.end() ? std::nullopt : std::optional(found - spec.choices.begin());
    }
  }
  return std::nullopt;
}

std::string joined(std::span<const std::string_view> items) {
  std::string text;
  for (const auto item : items) {
    text += (text.empty() ? "" : ", ") + std::string(item);
  }
  return text;
}

/// "a number from 1 to 64 threads"
std::string expected(const ParameterSpec& spec) {
  const std::string range = " from " + std::to_string(spec.min) + " to " + std::to_string(spec.max) +
                            (spec.unit.empty() ? "" : " " + std::string(spec.unit));
  switch (spec.type) {
    case ParameterType::integer:
      return "a number" + range;
    case ParameterType::size:
      return "a size such as 4096, 64K, 16M or 1G" + range;
    case ParameterType::duration:
      return "a duration such as 250us, 10ms, 2s or 5min" + range;
    case ParameterType::boolean:
      return "true or false";
    case ParameterType::choice:
      return "one of " + joined(spec.choices);
  }
  return {};
}

std::int64_t accept(const Workload& workload, const ParameterSpec& spec, std::string_view text) {
  const auto value = parse_value(spec, text);
  const bool ranged = spec.type != ParameterType::boolean && spec.type != ParameterType::choice;
  if (!value || (ranged && (*value < spec.min || *value > spec.max))) {
    throw Refusal(std::string(workload.name) + ": parameter " + std::string(spec.name) + " is \"" +
                  std::string(text) + "\"; it must be " + expected(spec) + did_you_mean(text, spec.choices));
  }
  return *value;
}

}  // namespace

Values::Values(const Workload& workload, std::span<const std::pair<std::string, std::string>> given) {
  std::vector<std::string_view> names;
  for (const auto& spec : workload.parameters) {
    names.push_back(spec.name);
  }
  for (const auto& [name, text] : given) {
    const auto spec = std::ranges::find(workload.parameters, name, &ParameterSpec::name);
    if (spec == workload.parameters.end()) {
      throw Refusal(std::string(workload.name) + " has no parameter \"" + name + "\"" +
                    did_you_mean(name, names) + "; it has " + joined(names));
    }
    if (!numbers_.emplace(name, accept(workload, *spec, text)).second) {
      throw Refusal(std::string(workload.name) + ": parameter " + name + " is given twice");
    }
  }
  for (const auto& spec : workload.parameters) {
    if (!numbers_.contains(spec.name)) {
      numbers_.emplace(spec.name, accept(workload, spec, spec.default_value));
    }
  }
}

std::int64_t Values::number(std::string_view name) const {
  const auto found = numbers_.find(name);
  if (found == numbers_.end()) {
    throw std::logic_error("a workload asks for its undeclared parameter " + std::string(name));
  }
  return found->second;
}

std::string_view nearest(std::string_view wrong, std::span<const std::string_view> candidates) {
  std::string_view best;
  std::size_t best_distance = wrong.size() / 3 + 1;
  for (const auto candidate : candidates) {
    std::vector<std::size_t> row(candidate.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j) {
      row[j] = j;
    }
    for (std::size_t i = 0; i < wrong.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i + 1;
      for (std::size_t j = 0; j < candidate.size(); ++j) {
        const std::size_t replaced = diagonal + (wrong[i] == candidate[j] ? 0 : 1);
        diagonal = row[j + 1];
        row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
      }
    }
    if (row.back() <= best_distance && row.back() < std::max(wrong.size(), candidate.size())) {
      if (best.empty() || row.back() < best_distance) {
        best = candidate;
        best_distance = row.back();
      }
    }
  }
  return best;
}

std::string did_you_mean(std::string_view wrong, std::span<const std::string_view> candidates) {
  const auto best = nearest(wrong, candidates);
  return best.empty() ? "" : "; did you mean \"" + std::string(best) + "\"?";
}

}  // namespace assay::agent
