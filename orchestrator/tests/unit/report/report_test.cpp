// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/report.hpp"

#include "base/text.hpp"
#include "golden.hpp"
#include "report/sample_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <regex>

namespace assay::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string without_colour(const std::string& text) {
  return std::regex_replace(text, std::regex("\x1b\\[[0-9;]*m"), "");
}

void expect_fits_a_mail(const std::string& text) {
  for (const auto line : split(text, '\n')) {
    EXPECT_LE(line.size(), 80U) << line;
    EXPECT_EQ(line, trimmed(std::string("x") + std::string(line)).substr(1)) << "blanks at the end";
  }
  EXPECT_EQ(printable(text), text);
  EXPECT_THAT(text, Not(HasSubstr("\t")));
}

TEST(VerdictTable, Golden) {
  expect_golden("report/golden/verdict_table.txt", verdict_table(sample_view(), false));
}

TEST(VerdictTable, CanBePastedIntoAMail) { expect_fits_a_mail(verdict_table(sample_view(), false)); }

TEST(VerdictTable, ColourAddsNothingButColour) {
  const auto coloured = verdict_table(sample_view(), true);
  EXPECT_THAT(coloured, HasSubstr("\x1b[1;32mholds\x1b[0m"));
  EXPECT_EQ(without_colour(coloured), verdict_table(sample_view(), false));
}

TEST(VerdictTable, OfNothing) {
  const auto text = verdict_table(RunView{}, false);
  EXPECT_THAT(text, HasSubstr("0 claims"));
}

trial::TrialRecord watched(const std::string& variant, std::vector<probe::CoveredLine> lines) {
  trial::TrialRecord record;
  record.key.variant = variant;
  record.kernel_id = "id-of-" + variant;
  probe::ProbeReport report;
  report.automatic = true;
  report.lines = std::move(lines);
  record.probes = {std::move(report)};
  return record;
}

TEST(CoveragePage, MarksEachLineOfTheSeries) {
  RunView view;
  view.trials = {watched("a", {{{"mm/a.c", 7, "\tx();"}, probe::LineState::ran},
                               {{"mm/a.c", 8, "\ty();"}, probe::LineState::not_run},
                               {{"mm/a.c", 7, "\tw();", true}, probe::LineState::removed},
                               {{"mm/a.c", 9, "\t/* z */"}, probe::LineState::no_instruction},
                               {{"mm/a.c", 18, "\tw();", true}, probe::LineState::removed},
                               {{"mm/a.c", 20, "\tz();"}, probe::LineState::ran},
                               {{"mm/b.c", 3, "b"}, probe::LineState::not_built}}),
                 watched("b", {})};
  const std::string page =
      "a [id-of-a]: 2 of 7 patched lines ran; 1 did not; 1 has no instruction of its own; 1 is in a file "
      "that "
      "is not built; 2 removed\n"
      "A line without an instruction of its own is a comment, a declaration, or code that the compiler "
      "merged\n"
      "into that of other lines or dropped.\n"
      "\n"
      "mm/a.c\n"
      "  ran                            7          x();\n"
      "  not run                        8          y();\n"
      "  removed                        7          w();\n"
      "  no instruction of its own      9          /* z */\n"
      "    ...\n"
      "  removed                       18          w();\n"
      "  ran                           20          z();\n"
      "\n"
      "mm/b.c\n"
      "  not built                      3  b\n"
      "\n"
      "b [id-of-b]: the series adds and removes no line\n";
  EXPECT_EQ(coverage_page(view, false), page);
  EXPECT_EQ(without_colour(coverage_page(view, true)), page);
  EXPECT_THAT(coverage_page(RunView{}, false), HasSubstr("No line of a series was watched"));
}

TEST(Coverage, IsInEachFormat) {
  RunView view;
  view.run.id = "r";
  view.run.kernels = {{"a", "id-of-a", "6.12", "{}"}};
  view.trials = {watched("a", {{{"mm/a.c", 7, "\tx();"}, probe::LineState::ran},
                               {{"mm/a.c", 8, "\ty();"}, probe::LineState::not_run},
                               {{"mm/a.c", 9, "\t/* z */"}, probe::LineState::no_instruction},
                               {{"mm/a.c", 10, "\tw();", true}, probe::LineState::removed}})};
  verdict::ClaimVerdict claim;
  claim.claim = "c";
  claim.coverage = "1 of 4 patched lines ran";
  view.verdicts = {claim};
  const std::string words = "1 of 4 patched lines ran; 1 did not; 1 has no instruction of its own; 1 removed";
  EXPECT_THAT(run_ktap(view), HasSubstr("\n# patch of a: " + words + "\n"));
  EXPECT_THAT(run_ktap(view), HasSubstr("\n# patch: 1 of 4 patched lines ran\n"));
  EXPECT_THAT(run_junit(view), HasSubstr("<property name=\"coverage.a\" value=\"" + words + "\""));
  const auto kcidb = nlohmann::json::parse(run_kcidb(view));
  const auto& coverage = kcidb["builds"][0]["misc"]["coverage"];
  EXPECT_EQ(coverage["coverage"], words);
  EXPECT_EQ(coverage["ran"], 1);
  EXPECT_EQ(coverage["not_run"], 1);
  EXPECT_EQ(coverage["no_instruction"], 1);
  EXPECT_EQ(coverage["removed"], 1);
  EXPECT_EQ(kcidb["tests"].back()["misc"]["coverage"], "1 of 4 patched lines ran");
}

TEST(RunPage, Golden) { expect_golden("report/golden/run_page.txt", run_page(sample_view(), false)); }

TEST(RunPage, CanBePastedIntoAMail) { expect_fits_a_mail(run_page(sample_view(), false)); }

TEST(RunPage, ColourAddsNothingButColour) {
  EXPECT_EQ(without_colour(run_page(sample_view(), true)), run_page(sample_view(), false));
}

TEST(RunList, IsOneLinePerRun) {
  auto first = sample_view().run;
  auto second = first;
  second.id = "20261121-061502-x";
  second.state = "finished";
  second.verdicts = {{verdict::Verdict::holds, 5}, {verdict::Verdict::refuted, 1}};
  const auto text = run_list({first, second}, false);
  expect_golden("report/golden/run_list.txt", text);
  expect_fits_a_mail(text);
  EXPECT_EQ(run_list({}, false), "no runs yet\n");
}

TEST(RunJson, Golden) { expect_golden("report/golden/run.json", run_json(sample_view())); }

TEST(RunJson, IsJsonWhateverTheGuestSent) {
  auto view = sample_view();
  view.trials[0].counters.push_back({"\xff\xfe\"", 1});
  view.run.experiment_toml = "\xff";
  const auto json = nlohmann::json::parse(run_json(view), nullptr, false);
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["claims"][0]["verdict"], "holds");
  EXPECT_EQ(json["trials"].size(), view.trials.size());
  EXPECT_EQ(json["trials"][0]["counters"]["touches"], 2048);
}

TEST(RunKtap, Golden) { expect_golden("report/golden/run.ktap", run_ktap(sample_view())); }

/// Checks the plan, the numbering and the nesting of every level, as a reader of KTAP does.
void expect_ktap(const std::string& text) {
  const std::regex result("( *)(ok|not ok) ([0-9]+) [^#]+( # .*)?");
  std::map<std::size_t, std::pair<int, int>> levels;  // indent -> planned, seen
  for (const auto view : split(trimmed(text), '\n')) {
    const std::string line(view);
    const auto indent = line.find_first_not_of(' ');
    std::smatch match;
    if (line.substr(indent) == "KTAP version 1") {
      levels[indent] = {-1, 0};
    } else if (line.substr(indent, 3) == "1..") {
      levels[indent].first = std::stoi(line.substr(indent + 3));
    } else if (std::regex_match(line, match, result)) {
      EXPECT_EQ(std::stoi(match[3]), ++levels[indent].second) << line;
      if (const auto inner = levels.find(indent + 2); inner != levels.end()) {
        EXPECT_EQ(inner->second.first, inner->second.second) << line;
        levels.erase(inner);
      }
    } else {
      EXPECT_EQ(line[indent], '#') << line;
    }
  }
  ASSERT_EQ(levels.size(), 1U);
  EXPECT_EQ(levels[0].first, levels[0].second);
}

TEST(RunKtap, HasPlansThatAreKept) {
  expect_ktap(run_ktap(sample_view()));
  auto view = sample_view();
  view.verdicts[0].claim = "a # SKIP b\nok 1 c";
  view.verdicts[0].reason = "x\nnot ok 7 y";
  expect_ktap(run_ktap(view));
}

TEST(RunKtap, FailsOnlyTheTrialsInWhichItHappened) {
  auto view = sample_view();
  auto& claim = view.verdicts[0];
  claim.verdict = verdict::Verdict::refuted;
  claim.sides = {{"after", "never", {0, 1, 0}, 0, 0, 0, {}}};
  EXPECT_THAT(run_ktap(view), HasSubstr("  ok 1 after_1 # 0\n  not ok 2 after_2 # 1\n  ok 3 after_3 # 0\n"));
}

TEST(RunKtap, FailsAParentWithItsSubtests) {
  auto view = sample_view();
  view.verdicts[0].verdict = verdict::Verdict::inconclusive;
  view.verdicts[0].sides[1].values.push_back(0.9);  // on the wrong side
  EXPECT_THAT(run_ktap(view), HasSubstr("\nnot ok 1 retried-before-only # inconclusive: "));
}

}  // namespace
}  // namespace assay::report
