// SPDX-License-Identifier: GPL-2.0-or-later
// JUnit XML, Markdown, and KTAP as other programs read it.
#include "base/text.hpp"
#include "golden.hpp"
#include "program/ktap.hpp"
#include "report/report.hpp"
#include "report/sample_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pugixml.hpp>

namespace assay::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// The sample with what a guest and a file can do to a writer's syntax.
RunView hostile_view() {
  auto view = sample_view();
  view.run.title = "</testsuite> & ]]> <script>alert(1)</script> @torvalds #1 | `x`";
  view.verdicts[2].claim = "a\"b'c<d>|e";
  view.verdicts[2].says = "<img src=x onerror=alert(1)> ![x](http://x) ``` **b** @all #7";
  view.verdicts[2].reason = "line 1\n| line | 2 |\n```\n\x01";
  view.trials[5].findings[0].text = "```\n</system-err>]]>\n````` fence\n\x1b[2J\n";
  return view;
}

pugi::xml_document parsed(const std::string& xml) {
  pugi::xml_document document;
  const auto result = document.load_string(xml.c_str());
  EXPECT_TRUE(result) << result.description() << " at byte " << result.offset;
  return document;
}

TEST(RunJunit, Golden) { expect_golden("report/golden/run.junit.xml", run_junit(sample_view())); }

TEST(RunJunit, CountsWhatItHas) {
  for (const auto& view : {sample_view(), hostile_view()}) {
    const auto document = parsed(run_junit(view));
    const auto suite = document.child("testsuites").child("testsuite");
    unsigned tests = 0;
    unsigned failures = 0;
    unsigned skipped = 0;
    for (const auto& test : suite.children("testcase")) {
      ++tests;
      failures += test.child("failure") ? 1 : 0;
      skipped += test.child("skipped") ? 1 : 0;
      EXPECT_FALSE(test.child("failure") && test.child("skipped"));
    }
    EXPECT_EQ(suite.attribute("tests").as_uint(), tests);
    EXPECT_EQ(suite.attribute("failures").as_uint(), failures);
    EXPECT_EQ(suite.attribute("skipped").as_uint(), skipped);
    EXPECT_EQ(tests, view.verdicts.size());
    EXPECT_EQ(failures, 1U);
    EXPECT_EQ(skipped, 3U);
  }
}

TEST(RunJunit, KeepsWhatAGuestSentAsText) {
  const auto document = parsed(run_junit(hostile_view()));
  const auto suite = document.child("testsuites").child("testsuite");
  EXPECT_STREQ(
      suite.find_child_by_attribute("name", "a\"b'c<d>|e").child("failure").attribute("type").value(),
      "refuted");
  EXPECT_THAT(suite.child("system-err").text().get(), HasSubstr("</system-err>]]>"));
  EXPECT_THAT(run_junit(hostile_view()), Not(HasSubstr("\x1b")));
}

TEST(RunMarkdown, Golden) { expect_golden("report/golden/run.md", run_markdown(sample_view())); }

TEST(RunMarkdown, ShowsWhatAGuestSentAsText) {
  const auto text = run_markdown(hostile_view());
  expect_golden("report/golden/hostile.md", text);
  bool fenced = false;
  for (const auto line : split(text, '\n')) {
    fenced = fenced != line.starts_with("```");
    if (!fenced && !line.starts_with("```")) {
      EXPECT_THAT(std::string(line), Not(HasSubstr("<script"))) << line;
      EXPECT_THAT(std::string(line), Not(HasSubstr("<img"))) << line;
      EXPECT_THAT(std::string(line), Not(HasSubstr("@"))) << line;
    }
  }
}

TEST(RunMarkdown, FitsACommentWhateverTheRun) {
  auto view = hostile_view();
  const auto record = view.trials[5];
  const auto finding = record.findings[0];
  for (unsigned i = 0; i < 200; ++i) {
    view.trials.push_back(record);
    view.trials.back().findings[0].fingerprint = fmt::format("{:016x}", i);
    view.trials.back().findings[0].text = std::string(100'000, 'x');
    view.verdicts.push_back(view.verdicts[1]);
  }
  view.verdicts.resize(46);
  EXPECT_LT(run_markdown(view).size(), 65'536U);
}

program::TestReport read_back(const std::string& text) {
  program::KtapParser parser;
  parser.feed(text);
  return parser.finish();
}

TEST(RunKtap, IsReadBackByOurOwnReader) {
  for (const auto& view : {sample_view(), hostile_view()}) {
    const auto report = read_back(run_ktap(view));
    EXPECT_THAT(report.problems, ::testing::IsEmpty());
    ASSERT_EQ(report.tests.size(), view.verdicts.size());
    EXPECT_EQ(report.tests[0].name, "retried-before-only");
    EXPECT_EQ(report.tests[0].verdict, program::Verdict::pass);
    EXPECT_EQ(report.tests[0].subtests.size(), 6U);
    EXPECT_EQ(report.tests[2].verdict, program::Verdict::fail);
    EXPECT_EQ(report.tests[4].verdict, program::Verdict::skip);
    EXPECT_THAT(report.tests[4].reason, StartsWith("inconclusive"));
  }
}

}  // namespace
}  // namespace assay::report
