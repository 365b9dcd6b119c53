// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/rule_reader.hpp"

#include "base/text.hpp"
#include "experiment/expressions.hpp"
#include "experiment/names.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace assay::experiment {
namespace {

/// Reads one rule of a claim; the functions are what each kind of rule consists of.
class RuleReader {
 public:
  RuleReader(TableReader& reader, ClaimWords& words) : reader_(reader), words_(words) {}

  Rule read();

 private:
  [[nodiscard]] Rule threshold();
  [[nodiscard]] Rule no_more();
  [[nodiscard]] Rule measurement();
  [[nodiscard]] Rule proportion();
  [[nodiscard]] Rule never();

  void refuse_others(const std::string& rule);
  [[nodiscard]] Figure figure();
  [[nodiscard]] CountedEvent event();
  [[nodiscard]] std::string variant(std::string_view key);
  [[nodiscard]] Comparison comparison();
  void read_effect(Comparison& comparison);
  void read_share(std::string_view key, double& out, std::string_view wanted);

  TableReader& reader_;
  ClaimWords& words_;
};

struct Key {
  std::string_view name;
  std::vector<std::string> rules;  ///< that it belongs to
};

const std::vector<std::string> rule_names{"threshold", "no-more", "measurement", "proportion", "never"};

const std::vector<Key>& keys() {
  static const std::vector<Key> all{
      {"figure", {"threshold", "no-more", "measurement"}},
      {"count", {"threshold", "proportion", "never"}},
      {"expect", {"threshold"}},
      {"base", {"no-more", "measurement", "proportion"}},
      {"head", {"no-more", "measurement", "proportion"}},
      {"slack", {"no-more"}},
      {"direction", {"measurement", "proportion"}},
      {"effect", {"measurement", "proportion", "never"}},
      {"confidence", {"measurement", "proportion", "never"}},
      {"variants", {"never"}},
  };
  return all;
}

/// Of a count of 1 or 0, a bound that one of the two fails.
bool happens_or_not(const Bound& bound) {
  return bound.direction == Bound::Direction::at_least ? bound.limit > 0 && bound.limit <= 1
                                                       : bound.limit >= 0 && bound.limit < 1;
}

Rule RuleReader::read() {
  std::string rule = rule_names.front();
  reader_.read("rule", rule);
  if (std::find(rule_names.begin(), rule_names.end(), rule) == rule_names.end()) {
    const auto hint = did_you_mean(rule, rule_names);
    reader_.mistake("rule", fmt::format("unknown rule \"{}\"{}", rule,
                                        hint.empty() ? "; there is " + listed(rule_names) : hint));
    for (const auto& key : keys()) {
      reader_.find(key.name);
    }
    return ThresholdRule{};
  }
  refuse_others(rule);
  const std::array reads{&RuleReader::threshold, &RuleReader::no_more, &RuleReader::measurement,
                         &RuleReader::proportion, &RuleReader::never};
  const auto which = std::find(rule_names.begin(), rule_names.end(), rule) - rule_names.begin();
  return (this->*reads.at(static_cast<std::size_t>(which)))();
}

void RuleReader::refuse_others(const std::string& rule) {
  for (const auto& [key, rules] : keys()) {
    const bool ours = std::find(rules.begin(), rules.end(), rule) != rules.end();
    if (!ours && reader_.find(key) != nullptr) {
      std::vector<std::string> quoted;
      for (const auto& owner : rules) {
        quoted.push_back('"' + owner + '"');
      }
      reader_.mistake(key, fmt::format("\"{}\" belongs to rule = {}", key, listed(quoted)));
    }
  }
}

Figure RuleReader::figure() {
  Figure figure;
  if (!reader_.has("figure")) {
    reader_.missing("figure");
  }
  if (reader_.read("figure", figure, "vmstat.pgfault / touches", parse_figure)) {
    words_.check_figure(figure, reader_.place("figure"));
  }
  return figure;
}

CountedEvent RuleReader::event() {
  CountedEvent event;
  if (!reader_.has("count")) {
    reader_.missing("count");
  }
  if (reader_.read("count", event, "finding", parse_event)) {
    words_.check_event(event, reader_.place("count"));
  }
  return event;
}

std::string RuleReader::variant(std::string_view key) {
  std::string name;
  if (reader_.require(key, name)) {
    words_.check_variant(name, reader_.place(key));
  }
  return name;
}

/// A number above 0 and below 1.
void RuleReader::read_share(std::string_view key, double& out, std::string_view wanted) {
  if (reader_.read(key, out) && !(out > 0 && out < 1)) {
    reader_.mistake(key, fmt::format("{} = {} is out of range: {}", key, out, wanted));
  }
}

void RuleReader::read_effect(Comparison& comparison) {
  const auto* node = reader_.find("effect");
  if (node != nullptr && node->is_string()) {
    comparison.relative = reader_.read("effect", comparison.effect, "10%", parse_percentage);
    if (!comparison.relative) {
      return;
    }
  } else {
    reader_.read("effect", comparison.effect);
  }
  if (!std::isfinite(comparison.effect) || comparison.effect < 0) {
    reader_.mistake("effect", fmt::format("effect = {} is out of range: a number from 0, or a part of base's "
                                          "values as in \"10%\"",
                                          comparison.effect));
    return;
  }
  if (comparison.effect == 0 && reader_.has("direction")) {
    const bool strict = comparison.direction == Direction::less || comparison.direction == Direction::more;
    reader_.mistake(
        reader_.has("effect") ? "effect" : "direction",
        fmt::format("direction = \"{}\" needs an effect above 0: {}", name_of(comparison.direction),
                    strict ? "how large a difference must be to count; with none, two variants that are "
                             "alike could never refute the claim"
                           : "how large a difference does not matter"));
  }
}

Comparison RuleReader::comparison() {
  Comparison comparison;
  comparison.base = variant("base");
  comparison.head = variant("head");
  if (comparison.head == comparison.base && !comparison.head.empty()) {
    reader_.mistake("head", "base and head are the same variant");
  }
  if (!reader_.has("direction")) {
    reader_.missing("direction");
  }
  if (reader_.read("direction", comparison.direction, "less", parse_direction) || !reader_.has("direction")) {
    read_effect(comparison);
  } else {
    reader_.find("effect");
  }
  read_share("confidence", comparison.confidence, "between 0 and 1, as in 0.95");
  return comparison;
}

Rule RuleReader::threshold() {
  ThresholdRule rule;
  if (reader_.find("count") != nullptr) {
    rule.event = event();
    if (reader_.has("figure")) {
      reader_.mistake("figure", "a claim has a figure or counts trials, not both");
    }
    reader_.find("figure");
  } else {
    rule.figure = figure();
  }
  const toml::table* expect = nullptr;
  if (!reader_.has("expect")) {
    reader_.missing("expect");
  }
  if (!reader_.read("expect", expect)) {
    return rule;
  }
  if (expect->empty()) {
    reader_.mistake("expect", "expect names no variant");
  }
  for (const auto& child : children_of(*expect)) {
    words_.check_variant(child.name, child.key);
    const auto where = place_of(child.node->source());
    if (!child.node->is_string()) {
      words_.mistakes().add(where, fmt::format("expect.{} must be a string such as \">= 0.9\", not {}",
                                               child.name, kind_of(*child.node)));
      continue;
    }
    const auto bound = parse_bound(child.node->ref<std::string>());
    if (!bound) {
      words_.mistakes().add(where, bound.error().text());
      continue;
    }
    if (rule.event && !happens_or_not(*bound)) {
      words_.mistakes().add(where,
                            fmt::format("expect.{} = \"{}\" cannot be asked of a trial, in which it happens "
                                        "(\">= 1\") or not (\"<= 0\")",
                                        child.name, bound->text()));
      continue;
    }
    rule.expect.push_back({child.name, *bound});
  }
  return rule;
}

Rule RuleReader::no_more() {
  NoMoreRule rule;
  rule.figure = figure();
  rule.base = variant("base");
  rule.head = variant("head");
  if (rule.head == rule.base && !rule.head.empty()) {
    reader_.mistake("head", "base and head are the same variant");
  }
  if (reader_.read("slack", rule.slack) && (!std::isfinite(rule.slack) || rule.slack < 0)) {
    reader_.mistake("slack", fmt::format("slack = {} is out of range: a number from 0", rule.slack));
  }
  return rule;
}

Rule RuleReader::measurement() {
  auto of = figure();
  return MeasurementRule{std::move(of), comparison()};
}

Rule RuleReader::proportion() {
  ProportionRule rule{event(), comparison()};
  if (rule.comparison.relative || rule.comparison.effect >= 1) {
    reader_.mistake("effect", "the effect on a proportion is a difference of proportions: a number below 1");
  }
  return rule;
}

Rule RuleReader::never() {
  NeverRule rule;
  rule.event = event();
  const auto known = words_.variants();
  read_known_names(reader_, "variants", known, rule.variants, words_.mistakes());
  if (rule.variants.empty()) {
    rule.variants = known;
  }
  read_share("effect", rule.effect, "a proportion between 0 and 1");
  read_share("confidence", rule.confidence, "between 0 and 1, as in 0.95");
  return rule;
}

}  // namespace

Rule read_rule(TableReader& claim, ClaimWords& words) { return RuleReader(claim, words).read(); }

}  // namespace assay::experiment
