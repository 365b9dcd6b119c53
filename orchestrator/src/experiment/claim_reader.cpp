// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/claim_reader.hpp"

#include "base/text.hpp"
#include "experiment/expressions.hpp"
#include "experiment/matrix_reader.hpp"

#include <algorithm>
#include <cmath>

namespace assay::experiment {
namespace {

/// What the claims of one file may refer to.
struct Scope {
  const Experiment& experiment;
  const Catalogue& catalogue;
  Mistakes& mistakes;
};

/// Reads one claim and checks its words against the scope.
class ClaimReader {
 public:
  ClaimReader(const toml::table& table, const Scope& scope)
      : scope_(scope), reader_(table, place_of(table.source()), "[[claims]]", scope.mistakes) {}

  Claim read();

 private:
  void read_sentence();
  void read_workload();
  void read_preconditions();
  void read_rule();
  [[nodiscard]] Rule read_threshold();
  [[nodiscard]] Rule read_no_more();
  void refuse(std::string_view key, std::string_view rule);
  void check_variant(const std::string& name, Place where);
  void check_figure(const Figure& figure, Place where);
  void check_counter(const std::string& name, Place where);

  const Scope& scope_;
  TableReader reader_;
  Claim claim_;
  const WorkloadInfo* info_ = nullptr;
};

Claim ClaimReader::read() {
  read_sentence();
  read_workload();
  reader_.read("min_trials", claim_.min_trials, 1, 100'000);
  if (claim_.min_trials > scope_.experiment.trials) {
    reader_.mistake("min_trials", fmt::format("the claim asks for at least {} trials per variant, but the "
                                              "experiment runs {}",
                                              claim_.min_trials, scope_.experiment.trials));
  }
  read_preconditions();
  read_rule();
  reader_.finish();
  return std::move(claim_);
}

void ClaimReader::read_sentence() {
  if (reader_.require("id", claim_.id) && !is_name(claim_.id)) {
    reader_.mistake(
        "id", fmt::format("\"{}\" is not an id: use up to 64 letters, digits, '.', '_' and '-'", claim_.id));
  }
  reader_.require("says", claim_.says);
  reader_.require("quote", claim_.quote);
  reader_.require("author", claim_.author);
  claim_.message_id = scope_.experiment.thread;
  reader_.read("message_id", claim_.message_id, "1234@example.org", parse_message_id);
  if (claim_.message_id.empty() && !reader_.has("message_id")) {
    reader_.missing("message_id");
  }
}

void ClaimReader::read_workload() {
  if (!reader_.require("workload", claim_.workload)) {
    return;
  }
  for (const auto& run : scope_.experiment.workloads) {
    if (run.name == claim_.workload) {
      info_ = scope_.catalogue.workload(run.workload);
      return;
    }
  }
  const auto known = names_of(scope_.experiment.workloads);
  reader_.mistake("workload", fmt::format("the experiment has no workload \"{}\"{}", claim_.workload,
                                          did_you_mean(claim_.workload, known)));
}

void ClaimReader::read_preconditions() {
  std::vector<PlacedText> conditions;
  reader_.read("requires", conditions);
  for (const auto& condition : conditions) {
    const auto parsed = parse_condition(condition.text);
    if (!parsed) {
      scope_.mistakes.add(condition.where, parsed.error().text());
      continue;
    }
    check_figure(parsed->figure, condition.where);
    claim_.preconditions.push_back(*parsed);
  }
}

void ClaimReader::read_rule() {
  const std::vector<std::string> rules{"threshold", "no-more"};
  std::string rule = "threshold";
  reader_.read("rule", rule);
  if (rule == "threshold") {
    refuse("base", "no-more");
    refuse("head", "no-more");
    refuse("slack", "no-more");
    claim_.rule = read_threshold();
  } else if (rule == "no-more") {
    refuse("expect", "threshold");
    claim_.rule = read_no_more();
  } else {
    reader_.mistake("rule", fmt::format("unknown rule \"{}\"{}", rule, did_you_mean(rule, rules)));
    for (const auto* key : {"figure", "expect", "base", "head", "slack"}) {
      reader_.find(key);
    }
  }
}

void ClaimReader::refuse(std::string_view key, std::string_view rule) {
  if (reader_.find(key) != nullptr) {
    reader_.mistake(key, fmt::format("\"{}\" belongs to rule = \"{}\"", key, rule));
  }
}

Rule ClaimReader::read_threshold() {
  ThresholdRule rule;
  if (!reader_.has("figure")) {
    reader_.missing("figure");
  }
  if (reader_.read("figure", rule.figure, "vmstat.pgfault / touches", parse_figure)) {
    check_figure(rule.figure, reader_.place("figure"));
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
    check_variant(child.name, child.key);
    const auto where = place_of(child.node->source());
    if (!child.node->is_string()) {
      scope_.mistakes.add(where, fmt::format("expect.{} must be a string such as \">= 0.9\", not {}",
                                             child.name, kind_of(*child.node)));
      continue;
    }
    const auto bound = parse_bound(child.node->ref<std::string>());
    if (!bound) {
      scope_.mistakes.add(where, bound.error().text());
      continue;
    }
    rule.expect.push_back({child.name, *bound});
  }
  return rule;
}

Rule ClaimReader::read_no_more() {
  NoMoreRule rule;
  if (!reader_.has("figure")) {
    reader_.missing("figure");
  }
  if (reader_.read("figure", rule.figure, "vmstat.pgfault / touches", parse_figure)) {
    check_figure(rule.figure, reader_.place("figure"));
  }
  if (reader_.require("base", rule.base)) {
    check_variant(rule.base, reader_.place("base"));
  }
  if (reader_.require("head", rule.head)) {
    check_variant(rule.head, reader_.place("head"));
    if (rule.head == rule.base) {
      reader_.mistake("head", "base and head are the same variant");
    }
  }
  if (reader_.read("slack", rule.slack) && (!std::isfinite(rule.slack) || rule.slack < 0)) {
    reader_.mistake("slack", fmt::format("slack = {} is out of range: a number from 0", rule.slack));
  }
  return rule;
}

void ClaimReader::check_variant(const std::string& name, Place where) {
  const auto known = names_of(scope_.experiment.variants);
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    scope_.mistakes.add(
        where, fmt::format("the experiment has no variant \"{}\"{}", name, did_you_mean(name, known)));
  }
}

void ClaimReader::check_figure(const Figure& figure, Place where) {
  check_counter(figure.numerator, where);
  if (!figure.denominator.empty()) {
    check_counter(figure.denominator, where);
  }
}

void ClaimReader::check_counter(const std::string& name, Place where) {
  if (info_ == nullptr) {
    return;  // Which counters there are is unknown as long as the workload is.
  }
  std::vector<std::string> known = names_of(info_->counters);
  for (const auto& sampler : scope_.catalogue.samplers()) {
    const auto prefix = sampler.name + ".";
    if (sampler.metrics.empty() && name.size() > prefix.size() && name.substr(0, prefix.size()) == prefix) {
      return;  // Only a running kernel knows the rest.
    }
    for (const auto& metric : sampler.metrics) {
      known.push_back(prefix + metric.name);
    }
  }
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    scope_.mistakes.add(where, fmt::format("workload {} has no counter \"{}\"{}", info_->name, name,
                                           did_you_mean(name, known)));
  }
}

}  // namespace

std::vector<Claim> read_claims(TableReader& file, const Experiment& experiment, const Catalogue& catalogue,
                               Mistakes& mistakes) {
  std::vector<Claim> claims;
  std::map<std::string, Place> seen;
  const Scope scope{experiment, catalogue, mistakes};
  const auto* node = file.find("claims");
  const auto* array = node == nullptr ? nullptr : node->as_array();
  if (array == nullptr || array->empty()) {
    mistakes.add(file.place("claims"), "no claims: write a [[claims]] for each sentence to judge");
    return claims;
  }
  for (const auto& element : *array) {
    const auto* table = element.as_table();
    if (table == nullptr) {
      mistakes.add(
          place_of(element.source()),
          fmt::format("a claim must be a table, not {}: write [[claims]] above its keys", kind_of(element)));
      continue;
    }
    auto claim = ClaimReader(*table, scope).read();
    const auto* id = table->get("id");
    const auto where = place_of(id == nullptr ? table->source() : id->source());
    const auto [first, added] = seen.emplace(claim.id, where);
    if (!added && !claim.id.empty()) {
      mistakes.add(where,
                   fmt::format("claim id \"{}\" is used already in line {}", claim.id, first->second.line));
    }
    claims.push_back(std::move(claim));
  }
  return claims;
}

}  // namespace assay::experiment
