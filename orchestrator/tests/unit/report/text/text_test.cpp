// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/text/text.hpp"

#include "base/text.hpp"
#include "golden.hpp"
#include "report/formats/formats.hpp"
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
  const auto text = verdict_table(store::RunView{}, false);
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
  store::RunView view;
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
  EXPECT_THAT(coverage_page(store::RunView{}, false), HasSubstr("No line of a series was watched"));
}

TEST(Coverage, IsInEachFormat) {
  store::RunView view;
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

}  // namespace
}  // namespace assay::report
