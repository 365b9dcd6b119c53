// SPDX-License-Identifier: GPL-2.0-or-later
// JSON, KTAP, JUnit XML and Markdown as other programs read them.
#include "report/formats/formats.hpp"
#include "base/text.hpp"
#include "golden.hpp"
#include "program/ktap.hpp"
#include "report/page/page.hpp"
#include "report/sample_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include <map>
#include <regex>

namespace assay::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// The sample with what a guest and a file can do to a writer's syntax.
store::RunView hostile_view() {
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

TEST(RunJson, HasItsMachines) {
  auto view = sample_view();
  view.run.experiment_toml = R"(
[machines.small]
nodes = [{ vcpus = 3, memory = "256M" }, { vcpus = 1, dimms = ["128M"] }]
disks = ["64M"]
append = "hugepages=4"
qemu_options = ["-device", "virtio-rng-pci"]
)";
  const auto machine = nlohmann::json::parse(run_json(view))["machines"][0];
  EXPECT_EQ(machine["name"], "small");
  EXPECT_EQ(machine["nodes"][1], nlohmann::json::parse(R"({"vcpus": 1, "memory": 0})"));
  EXPECT_EQ(machine["dimms"][0], nlohmann::json::parse(R"({"size": 134217728, "node": 1})"));
  EXPECT_EQ(machine["disks"][0], 67108864);
  EXPECT_EQ(machine["append"], "hugepages=4");
  EXPECT_EQ(machine["qemu_options"], nlohmann::json::parse(R"(["-device", "virtio-rng-pci"])"));
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
    EXPECT_EQ(report.tests[0].end, program::TestEnd::pass);
    EXPECT_EQ(report.tests[0].subtests.size(), 6U);
    EXPECT_EQ(report.tests[2].end, program::TestEnd::fail);
    EXPECT_EQ(report.tests[4].end, program::TestEnd::skip);
    EXPECT_THAT(report.tests[4].reason, StartsWith("inconclusive"));
  }
}

TEST(AllFormats, ShowWhatAFindingMayComeFrom) {
  auto view = sample_view();
  view.trials[4].folder = view.trials[5].folder;
  const std::string told =
      "1 trial ran before a finding in the same guest: what it left there may be its cause.";
  EXPECT_THAT(run_ktap(view), HasSubstr("\n# " + told + "\n"));
  EXPECT_THAT(run_junit(view), HasSubstr("<property name=\"before_findings\" value=\"" + told + "\" />"));
  EXPECT_THAT(run_markdown(view), HasSubstr("\n\n" + told + "\n\n"));
  const auto trials = nlohmann::json::parse(run_json(view))["trials"];
  EXPECT_EQ(trials[4]["finding_after"], "contended");
  EXPECT_FALSE(trials[5].contains("finding_after"));
  const auto html = run_html(view, {});
  EXPECT_THAT(html, HasSubstr("<br>" + told));
  EXPECT_THAT(html, HasSubstr("pass, before a finding in contended"));
  EXPECT_THAT(html, HasSubstr("First in before/small/contended #2, in the same guest after write. Again: "
                              "<code>assay run --workload write --workload contended --variant before"));
}

}  // namespace
}  // namespace assay::report
