// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/claim_reader.hpp"

#include "experiment/claim_words.hpp"
#include "experiment/expressions.hpp"
#include "experiment/matrix_reader.hpp"
#include "experiment/rule_reader.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace assay::experiment {
namespace {

/// Reads one claim and checks its words.
class ClaimReader {
 public:
  ClaimReader(const toml::table& table, ClaimWords words)
      : words_(std::move(words)), reader_(table, place_of(table.source()), "[[claims]]", words_.mistakes()) {}

  Claim read();

 private:
  void read_sentence();
  void read_workload();
  void read_preconditions();
  void read_machines();
  /// Repeats of the workload that decides it, in a run that has it.
  [[nodiscard]] unsigned trials_made() const;

  ClaimWords words_;
  TableReader reader_;
  Claim claim_;
};

unsigned ClaimReader::trials_made() const {
  const auto& experiment = words_.experiment();
  const auto is_long = [&](const auto& run) { return run.name == claim_.workload && run.thorough; };
  const auto& runs = experiment.workloads;
  return std::any_of(runs.begin(), runs.end(), is_long)
             ? experiment.thorough_trials.value_or(experiment.trials)
             : experiment.trials;
}

Claim ClaimReader::read() {
  read_sentence();
  read_workload();
  reader_.read("min_trials", claim_.min_trials, 1, 100'000);
  reader_.read("control", claim_.control);
  if (const auto made = trials_made(); claim_.min_trials > made) {
    reader_.mistake("min_trials", fmt::format("the claim asks for at least {} trials per variant, but the "
                                              "experiment runs {}",
                                              claim_.min_trials, made));
  }
  read_preconditions();
  claim_.rule = read_rule(reader_, words_);
  read_machines();
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
  claim_.message_id = words_.experiment().thread;
  reader_.read("message_id", claim_.message_id, "1234@example.org", parse_message_id);
  if (claim_.message_id.empty() && !reader_.has("message_id")) {
    reader_.missing("message_id");
  }
}

void ClaimReader::read_workload() {
  if (reader_.require("workload", claim_.workload)) {
    words_.check_workload(claim_.workload, reader_.place("workload"));
  }
}

void ClaimReader::read_machines() {
  const auto& experiment = words_.experiment();
  read_known_names(reader_, "machines", names_of(experiment.machines), claim_.machines, words_.mistakes());
  for (const auto& run : experiment.workloads) {
    for (const auto& machine : claim_.machines) {
      if (run.name == claim_.workload && !run.runs_on(machine)) {
        words_.mistakes().add(reader_.place("machines", machine),
                              fmt::format("workload {} does not run on machine {}", run.name, machine));
      }
    }
  }
}

void ClaimReader::read_preconditions() {
  std::vector<PlacedText> conditions;
  reader_.read("requires", conditions);
  for (const auto& condition : conditions) {
    const auto parsed = parse_condition(condition.text);
    if (!parsed) {
      words_.mistakes().add(condition.where, parsed.error().text());
      continue;
    }
    words_.check_figure(parsed->figure, condition.where);
    claim_.preconditions.push_back(*parsed);
  }
}

}  // namespace

std::vector<Claim> read_claims(TableReader& file, const Experiment& experiment, const Catalogue& catalogue,
                               Mistakes& mistakes) {
  std::vector<Claim> claims;
  std::map<std::string, Place> seen;
  const ClaimWords words(experiment, catalogue, mistakes);
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
    auto claim = ClaimReader(*table, words).read();
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
