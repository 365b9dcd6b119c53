// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/table.hpp"

#include "base/text.hpp"
#include "base/units.hpp"
#include "report/layout.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

namespace assay::suite {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array ends{End::passed, End::failed, End::skipped, End::not_run};
constexpr std::size_t most_of_a_kind = 40;  ///< lines; JSON has all

/// Of the runs of a side the worst end, by which the test is counted; flaky ones are told apart.
End end_of(const std::vector<TestEnd>& runs) {
  const auto failed = std::ranges::find(runs, End::failed, &TestEnd::end);
  return failed == runs.end() ? runs.front().end : End::failed;
}

struct Row {
  std::map<End, std::size_t> base;
  std::map<End, std::size_t> head;
  std::map<Told, std::size_t> told;
};

void count(const Compared& test, Row& row) {
  if (!test.base.empty()) {
    ++row.base[end_of(test.base)];
  }
  if (!test.head.empty()) {
    ++row.head[end_of(test.head)];
  }
  ++row.told[test.told];
}

std::size_t number(const auto& counts, auto key) {
  const auto found = counts.find(key);
  return found == counts.end() ? 0 : found->second;
}

std::string shown_number(std::size_t count) { return count == 0 ? "-" : std::to_string(count); }

/// "12", or "12/11" where the sides differ.
std::vector<std::string> cells(const std::string& name, const Row& row, bool two) {
  std::vector<std::string> cells{name};
  for (const auto end : ends) {
    const auto base = number(row.base, end);
    const auto head = two ? number(row.head, end) : base;
    cells.push_back(base == head ? shown_number(base) : fmt::format("{}/{}", base, head));
  }
  if (two) {
    cells.push_back(shown_number(number(row.told, Told::worse)));
    cells.push_back(shown_number(number(row.told, Told::better)));
  }
  cells.push_back(shown_number(number(row.told, Told::flaky)));
  return cells;
}

std::string counts_table(const std::vector<Compared>& tests, bool two) {
  std::vector<std::string> order;
  std::map<std::string, Row> rows;
  Row all;
  for (const auto& test : tests) {
    if (!rows.contains(test.category)) {
      order.push_back(test.category);
    }
    count(test, rows[test.category]);
    count(test, all);
  }
  std::vector<std::vector<std::string>> lines;
  if (two) {
    lines.push_back({"category", "passed", "failed", "skipped", "not run", "worse", "better", "flaky"});
  } else {
    lines.push_back({"category", "passed", "failed", "skipped", "not run", "flaky"});
  }
  for (const auto& category : order) {
    lines.push_back(cells(category, rows[category], two));
  }
  lines.push_back(cells("all", all, two));
  return report::aligned("", two ? "lrrrrrrr" : "lrrrrr", lines);
}

/// The first run of the test that ended so.
const TestEnd* first_that(const std::vector<TestEnd>& runs, End end) {
  const auto found = std::ranges::find(runs, end, &TestEnd::end);
  return found == runs.end() ? nullptr : &*found;
}

std::string full_name(const Compared& test) { return test.category + ": " + test.name; }

std::string failing_text(const std::vector<TestEnd>& runs) {
  const auto* failed = first_that(runs, End::failed);
  if (failed == nullptr) {
    return "";
  }
  std::string text;
  for (const auto& line : failed->text) {
    text += report::cut("      " + line, report::page_width) + "\n";
  }
  return text;
}

/// A heading and the first of its lines.
std::string section(std::string_view heading, const std::vector<std::string>& lines, std::size_t count) {
  if (lines.empty()) {
    return "";
  }
  auto text = fmt::format("\n{} ({})\n", heading, count);
  for (std::size_t i = 0; i < lines.size() && i < most_of_a_kind; ++i) {
    text += lines[i];
  }
  if (lines.size() > most_of_a_kind) {
    text += fmt::format("  and {} more; --json has all\n", lines.size() - most_of_a_kind);
  }
  return text;
}

/// Those that ended so on one kernel, equal reasons of one test program once.
std::string ended_section(std::string_view heading, const std::vector<Compared>& tests, End end) {
  std::vector<std::pair<std::string, std::vector<std::string>>> reasons;
  std::size_t count = 0;
  for (const auto& test : tests) {
    const auto* one = first_that(test.base, end);
    if (one == nullptr || test.told == Told::flaky) {
      continue;
    }
    ++count;
    const auto key = test.category + ": " + one->reason;
    const auto found = std::ranges::find(reasons, key, [](const auto& pair) { return pair.first; });
    auto& names =
        found == reasons.end() ? reasons.emplace_back(key, std::vector<std::string>()).second : found->second;
    names.push_back(test.name);
  }
  std::vector<std::string> lines;
  for (const auto& [why, names] : reasons) {
    const auto colon = why.find(": ");
    const auto more = names.size() > 1 ? fmt::format(" and {} more", names.size() - 1) : "";
    const auto reason = why.substr(colon + 2);
    lines.push_back(
        report::wrapped("  ", fmt::format("{}: {}{}", why.substr(0, colon), names.front(), more)) +
        (reason.empty() ? "" : report::wrapped("      ", reason)));
  }
  return section(heading, lines, count);
}

std::string failed_section(const std::vector<Compared>& tests) {
  std::vector<std::string> lines;
  for (const auto& test : tests) {
    const auto* failed = first_that(test.base, End::failed);
    if (failed != nullptr && test.told != Told::flaky) {
      const auto why = failed->reason.empty() ? "" : fmt::format(" ({})", failed->reason);
      lines.push_back(report::wrapped("  ", full_name(test) + why) + failing_text(test.base));
    }
  }
  return section("failed", lines, lines.size());
}

std::string told_section(const std::vector<Compared>& tests, Told told) {
  std::vector<std::string> lines;
  for (const auto& test : tests) {
    if (test.told != told) {
      continue;
    }
    const auto how = test.head.empty()
                         ? ends_text(test.base)
                         : fmt::format("base {}; head {}", ends_text(test.base), ends_text(test.head));
    auto text = report::wrapped("  ", full_name(test)) + report::wrapped("      ", how);
    const auto head = failing_text(test.head);
    lines.push_back(text + (head.empty() ? failing_text(test.base) : head));
  }
  return section(name_of(told), lines, lines.size());
}

std::string missed_section(const Outcome& outcome) {
  std::vector<std::string> lines;
  for (const auto& one : outcome.missed) {
    lines.push_back(report::wrapped("  ", one.category) + report::wrapped("      ", one.why));
  }
  return section("categories that did not run to the end", lines, lines.size());
}

std::string notes(const Outcome& outcome) {
  std::string text;
  std::vector<std::string> lines;
  for (const auto& one : outcome.plan.not_built) {
    lines.push_back(report::wrapped("  ", one.program + ": " + one.why));
  }
  text += section("not built", lines, lines.size());
  for (const auto& sentence : lacking_sentences(outcome.lacking)) {
    text += "\n" + report::wrapped("", sentence);
  }
  for (const auto& note : outcome.notes) {
    text += "\n" + report::wrapped("", note);
  }
  if (outcome.same_kernel) {
    text += "\nbase and head are the same kernel\n";
  }
  return text;
}

Json side_json(const std::vector<TestEnd>& runs) {
  auto list = Json::array();
  for (const auto& run : runs) {
    Json json = {{"end", name_of(run.end)}};
    if (!run.reason.empty()) {
      json["reason"] = printable(run.reason);
    }
    if (!run.text.empty()) {
      auto lines = Json::array();
      for (const auto& line : run.text) {
        lines.push_back(printable(line));
      }
      json["text"] = std::move(lines);
    }
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace

std::vector<Compared> compared(const Outcome& outcome) {
  auto tests = compared(outcome.base, outcome.head);
  for (const auto& one : outcome.missed) {
    leave_undecided(tests, one.category);
  }
  return tests;
}

std::string suite_table(const Outcome& outcome, const std::vector<Compared>& tests) {
  const bool two = outcome.names.size() == 2;
  const auto kernels =
      two ? fmt::format("base {}, head {}", outcome.names[0], outcome.names[1]) : outcome.names.at(0);
  auto text = fmt::format("{}: {}\n\n", outcome.plan.heading, kernels);
  text += counts_table(tests, two);
  if (two) {
    text += told_section(tests, Told::worse) + told_section(tests, Told::better) +
            told_section(tests, Told::other) + told_section(tests, Told::undecided);
  } else {
    text += failed_section(tests);
  }
  text += told_section(tests, Told::flaky);
  text += ended_section("skipped", tests, End::skipped) + ended_section("not run", tests, End::not_run);
  return text + missed_section(outcome) + notes(outcome);
}

std::string suite_list(const Outcome& outcome) {
  std::vector<std::vector<std::string>> rows{{"category", "test"}};
  for (const auto& test : outcome.plan.planned) {
    rows.push_back({test.category, test.name});
  }
  return report::aligned("", "ll", rows) + notes(outcome);
}

std::string suite_json(const Outcome& outcome, const std::vector<Compared>& tests) {
  Json json = {
      {"suite", outcome.plan.suite}, {"kernels", outcome.names}, {"same_kernel", outcome.same_kernel}};
  json["trouble"] = outcome.trouble ? Json(printable(outcome.trouble->text())) : Json(nullptr);
  auto missed = Json::array();
  for (const auto& one : outcome.missed) {
    missed.push_back({{"category", one.category}, {"why", printable(one.why)}});
  }
  json["missed"] = std::move(missed);
  auto not_built = Json::array();
  for (const auto& one : outcome.plan.not_built) {
    not_built.push_back({{"program", printable(one.program)}, {"why", printable(one.why)}});
  }
  json["not_built"] = std::move(not_built);
  auto lacking = Json::array();
  for (const auto& one : outcome.lacking) {
    lacking.push_back({{"kernel", one.kernel}, {"option", one.option}, {"flavour", one.flavour}});
  }
  json["lacking"] = std::move(lacking);
  json["notes"] = outcome.notes;
  auto list = Json::array();
  for (const auto& test : tests) {
    Json one = {{"category", test.category}, {"test", test.name}, {"told", name_of(test.told)}};
    one["base"] = side_json(test.base);
    if (outcome.names.size() == 2) {
      one["head"] = side_json(test.head);
    }
    list.push_back(std::move(one));
  }
  json["tests"] = std::move(list);
  // Names of tests are what Makefiles, scripts and programs make of them, in any bytes.
  constexpr int indent = 2;
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

ExitCode exit_code_of(const Outcome& outcome, const std::vector<Compared>& tests) {
  if (outcome.trouble) {
    return exit_code_for(outcome.trouble->kind());
  }
  const bool two = outcome.names.size() == 2;
  const auto ran = [](const Compared& test) {
    return std::ranges::any_of(
        test.base, [](const TestEnd& end) { return end.end == End::passed || end.end == End::failed; });
  };
  if (std::ranges::none_of(tests, ran)) {
    return ExitCode::nothing_ran;
  }
  const auto is_bad = [&](const Compared& test) {
    return two ? test.told == Told::worse : first_that(test.base, End::failed) != nullptr;
  };
  return std::ranges::any_of(tests, is_bad) ? ExitCode::refuted : ExitCode::all_hold;
}

}  // namespace assay::suite
