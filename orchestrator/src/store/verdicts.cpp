// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/verdicts.hpp"

#include "base/text.hpp"
#include "store/checks.hpp"

#include <array>
#include <optional>

namespace assay::store {
namespace {

using verdict::ClaimVerdict;
using verdict::Estimate;
using verdict::Side;
using verdict::Test;
using verdict::Verdict;

Verdict parse_verdict(const std::string& name) {
  for (const auto known :
       std::array{Verdict::holds, Verdict::refuted, Verdict::inconclusive, Verdict::not_run}) {
    if (verdict::name_of(known) == name) {
      return known;
    }
  }
  refuse(fmt::format("a claim has the unknown verdict \"{}\"", printable(name)));
}

std::vector<Side> read_sides(Database& database, std::int64_t verdict) {
  Query values(
      database,
      "SELECT value, machine, repeat, machine IS NOT NULL FROM side_value WHERE side = ? ORDER BY position");
  Query reasons(database, "SELECT why FROM side_unusable WHERE side = ? ORDER BY position");
  Query query(database,
              "SELECT id, variant, expected, findings, unmet, unusable, estimate IS NOT NULL, estimate, "
              "estimate_low, "
              "estimate_high FROM side WHERE verdict = ? ORDER BY id");
  std::vector<Side> sides;
  query.with(verdict);
  while (query.next()) {
    Side side;
    side.variant = query.text(1);
    side.expected = query.text(2);
    side.findings = query.count(3);
    side.unmet = query.count(4);
    side.unusable = query.count(5);
    if (query.count(6) != 0) {
      side.estimate = Estimate{query.real(7), {query.real(8), query.real(9)}};
    }
    for (values.with(query.number(0)); values.next();) {
      side.values.push_back(values.real(0));
      if (values.count(3) != 0) {
        side.sources.push_back({values.text(1), values.count(2)});
      }
    }
    for (reasons.with(query.number(0)); reasons.next();) {
      side.why_unusable.push_back(reasons.text(0));
    }
    sides.push_back(std::move(side));
  }
  return sides;
}

void insert_side(Database& database, std::int64_t verdict, const Side& side) {
  Query(database,
        "INSERT INTO side (verdict, variant, expected, findings, unmet, unusable) VALUES (?, ?, ?, ?, ?, ?)")
      .with(verdict, side.variant, side.expected, side.findings, side.unmet, side.unusable)
      .run();
  const auto row = last_id(database);
  if (side.estimate) {
    const auto& [value, interval] = *side.estimate;
    Query(database, "UPDATE side SET estimate = ?, estimate_low = ?, estimate_high = ? WHERE id = ?")
        .with(value, interval.low, interval.high, row)
        .run();
  }
  Query value(database, "INSERT INTO side_value (side, position, value) VALUES (?, ?, ?)");
  Query source(database, "UPDATE side_value SET machine = ?, repeat = ? WHERE side = ? AND position = ?");
  for (std::size_t i = 0; i < side.values.size(); ++i) {
    value.with(row, i, side.values[i]).run();
    if (i < side.sources.size()) {
      source.with(side.sources[i].machine, side.sources[i].repeat, row, i).run();
    }
  }
  Query reason(database, "INSERT INTO side_unusable (side, position, why) VALUES (?, ?, ?)");
  for (std::size_t i = 0; i < side.why_unusable.size(); ++i) {
    reason.with(row, i, side.why_unusable[i]).run();
  }
}

std::optional<Test> read_test(Database& database, std::int64_t verdict) {
  Query query(
      database,
      "SELECT method, confidence, effect, effect_low, effect_high, p, p_adjusted, claims, look, looks "
      "FROM test WHERE verdict = ?");
  query.with(verdict);
  if (!query.next()) {
    return std::nullopt;
  }
  return Test{query.text(0),  query.real(1), {query.real(2), {query.real(3), query.real(4)}},
              query.real(5),  query.real(6), query.count(7),
              query.count(8), query.count(9)};
}

void insert_test(Database& database, std::int64_t verdict, const Test& test) {
  Query(database, "INSERT INTO test VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .with(verdict, test.method, test.confidence, test.effect.value, test.effect.interval.low,
            test.effect.interval.high, test.p, test.p_adjusted, test.claims, test.look, test.looks)
      .run();
}

}  // namespace

Result<std::vector<ClaimVerdict>> read_verdicts(Database& database, std::int64_t run) {
  std::vector<ClaimVerdict> verdicts;
  Query query(database,
              "SELECT id, claim, says, figure, rule, verdict, reason, more_trials, coverage FROM verdict "
              "WHERE run = ? "
              "ORDER BY id");
  query.with(run);
  while (query.next()) {
    const auto which = parse_verdict(query.text(5));
    verdicts.push_back({query.text(1), query.text(2), query.text(3), query.text(4), which, query.text(6),
                        read_sides(database, query.number(0)), query.count(7),
                        read_test(database, query.number(0)), query.text(8)});
  }
  return verdicts;
}

void replace_verdicts(Database& database, std::int64_t run, const std::vector<ClaimVerdict>& verdicts) {
  Query(database, "DELETE FROM verdict WHERE run = ?").with(run).run();
  for (const auto& verdict : verdicts) {
    Query(database,
          "INSERT INTO verdict (run, claim, says, figure, rule, verdict, reason, more_trials, coverage) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .with(run, verdict.claim, verdict.says, verdict.figure, verdict.rule, name_of(verdict.verdict),
              verdict.reason, verdict.more_trials, verdict.coverage)
        .run();
    const auto row = last_id(database);
    for (const auto& side : verdict.sides) {
      insert_side(database, row, side);
    }
    if (verdict.test) {
      insert_test(database, row, *verdict.test);
    }
  }
}

}  // namespace assay::store
