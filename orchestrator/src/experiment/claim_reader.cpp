// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/claim_reader.hpp"

#include "experiment/claim_tables.hpp"
#include "experiment/claim_words.hpp"
#include "experiment/expressions.hpp"
#include "experiment/names.hpp"
#include "experiment/rule_reader.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace assay::experiment {
namespace {

/// Reads one claim and checks its words.
class ClaimReader {
 public:
  ClaimReader(const ClaimTable& table, ClaimWords words)
      : words_(std::move(words)), reader_(table.reader(words_.mistakes())) {}

  Claim read(const Quote& source);
  [[nodiscard]] TableReader& reader() { return reader_; }

 private:
  void read_sentence(const Quote& source);
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

Claim ClaimReader::read(const Quote& source) {
  read_sentence(source);
  read_workload();
  reader_.read("min_trials", claim_.min_trials, 1, 100'000);
  reader_.read("control", claim_.control);
  reader_.read("with_findings", claim_.with_findings);
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

void ClaimReader::read_sentence(const Quote& source) {
  if (reader_.require("id", claim_.id) && !is_name(claim_.id)) {
    reader_.mistake(
        "id", fmt::format("\"{}\" is not an id: use up to 64 letters, digits, '.', '_' and '-'", claim_.id));
  }
  reader_.require("says", claim_.says);
  claim_.quote = source.text;
  claim_.author = source.author;
  claim_.message_id = source.message_id;
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
  const ClaimWords words(experiment, catalogue, mistakes);
  const auto tables = claim_tables(file, mistakes);
  const Quote usual{.name = {}, .author = experiment.author, .message_id = experiment.thread};
  const auto quotes = read_quotes(file, usual, mistakes);
  std::vector<Claim> claims;
  std::map<std::string, Place> seen;
  std::set<std::string> cited;
  std::vector<std::string> known;
  for (const auto& table : tables) {
    ClaimReader reader(table, words);
    const auto source = read_source(reader.reader(), quotes, usual);
    auto claim = reader.read(source);
    const auto where = reader.reader().place("id");
    const auto [first, added] = seen.emplace(claim.id, where);
    if (!added && !claim.id.empty()) {
      mistakes.add(where,
                   fmt::format("claim id \"{}\" is used already in line {}", claim.id, first->second.line));
    }
    cited.insert(source.name);
    known = reader.reader().known();
    claims.push_back(std::move(claim));
  }
  check_groups(tables, known, mistakes);
  for (const auto& quote : quotes) {
    if (mistakes.none() && !cited.contains(quote.name)) {
      mistakes.add(quote.where, fmt::format("no claim cites quote \"{}\"", quote.name));
    }
  }
  return claims;
}

}  // namespace assay::experiment
