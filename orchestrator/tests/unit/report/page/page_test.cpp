// SPDX-License-Identifier: GPL-2.0-or-later
// The HTML report without a browser; tests/browser opens it in one.
#include "report/page/page.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "report/limits.hpp"
#include "report/page/browser_parts.hpp"
#include "report/page/pack.hpp"
#include "report/sample_view.hpp"
#include "report/variants.hpp"
#include "store/store_samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <set>
#include <utility>

namespace assay::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const auto from = text.find(begin);
  return from == std::string::npos
             ? ""
             : text.substr(from + begin.size(), text.find(end, from) - from - begin.size());
}

TEST(Html, ShowsTextAsText) {
  EXPECT_EQ(html_text("a<b>&\"'\n c\x1b"), "a&#60;b&#62;&#38;&#34;&#39; c\\x1b");
  EXPECT_EQ(html_lines("a\n\t<"), "a\n\t&#60;");
  EXPECT_EQ(html_id("claim-", "a b\"c"), "claim-a_b_c");
}

TEST(Html, KeepsArrowsWithTheirSides) {
  const auto keep = [](const std::string& text) { return "<span class=\"keep\">" + text + "</span>"; };
  EXPECT_EQ(html_text("of vma->vm_mm it"), "of " + keep("vma-&#62;vm_mm") + " it");
  EXPECT_EQ(html_text("from 6.1 -> 6.12, yes"), "from " + keep("6.1 -&#62; 6.12,") + " yes");
  EXPECT_EQ(html_text("a => b"), keep("a =&#62; b"));
  EXPECT_EQ(html_text("->"), keep("-&#62;"));
  EXPECT_EQ(html_text("a->b->c d"), keep("a-&#62;b-&#62;c") + " d");
  EXPECT_EQ(html_text("an_identifier_of_great_length->another_one_of_great_length"),
            "an_identifier_of_" + keep("great_length-&#62;another_one_") + "of_great_length");
  EXPECT_EQ(html_text("some_long_name->another_longer_name->third_longer_name"),
            "so" + keep("me_long_name-&#62;another_l") + keep("onger_name-&#62;third_longer") + "_name");
  std::string chain = "x";
  for (int i = 0; i < 40; ++i) {
    chain += "<->";
  }
  EXPECT_EQ(std::ranges::count(html_text(chain), ';'), 80) << "an arrow with two heads is one";
  EXPECT_EQ(html_attribute("a->b"), "a-&#62;b");
}

TEST(RunHtml, ListsVariantsInOneOrderAndOneColour) {
  auto view = sample_view();
  std::ranges::reverse(view.trials);
  const Variants variants(view);
  EXPECT_EQ(variants.names(), (std::vector<std::string>{"before", "after"}));
  EXPECT_EQ(variants.place("after/sparc64"), 1U);
  const auto html = run_html(view, {});
  EXPECT_THAT(html, HasSubstr("<i class=\"side side-0\"></i>before"));
  EXPECT_THAT(html, HasSubstr("<i class=\"side side-1\"></i>after"));
  EXPECT_THAT(html, Not(HasSubstr("<i class=\"side side-0\"></i>after")));
  const auto trials = between(html, "By workload", "</table>");
  EXPECT_LT(trials.find("before"), trials.find("after"));
}

TEST(RunHtml, MarksEachOfManyVariantsOtherwise) {
  constexpr std::size_t many = 24;
  store::RunView view;
  for (std::size_t i = 0; i < many; ++i) {
    view.run.kernels.push_back({"v" + std::to_string(i), "k", "", "{}"});
  }
  const Variants variants(view);
  std::set<std::string> marks;
  for (const auto& name : variants.names()) {
    const auto html = html_variant(variants, name);
    marks.insert(html.substr(0, html.find("</i>")));
  }
  EXPECT_EQ(marks.size(), many);
}

TEST(RunHtml, HasNoJsonAmongItsText) {
  auto view = sample_view();
  view.run.settings = R"({"kernels": ["before=x", "after=y"], "max_trials": {"write": 3}})";
  const auto html = run_html(view, {});
  EXPECT_THAT(html, HasSubstr("<dt>kernels</dt><dd>before=x, after=y</dd>"));
  EXPECT_THAT(html, HasSubstr("<dt>max trials</dt><dd>write 3</dd>"));
}

TEST(Limits, OfEachRuleAreNumbers) {
  verdict::ClaimVerdict claim;
  claim.sides = {{"a + b", "", {10, 12, 14}, 0, 0, 0, {}}, {"head", "", {}, 0, 0, 0, {}}};
  const auto limits = [&](const std::string& expected) {
    claim.sides.back().expected = expected;
    std::string text;
    for (const auto& [sign, value] : limits_of(claim, claim.sides.back())) {
      text += fmt::format("{}{} {:g}", text.empty() ? "" : ", ", sign, value);
    }
    return text;
  };
  EXPECT_EQ(limits(">= 0.9"), ">= 0.9");
  EXPECT_EQ(limits("<= -3"), "<= -3");
  EXPECT_EQ(limits("never"), "<= 0");
  EXPECT_EQ(limits("never, under 5 %"), "<= 0, < 0.05");
  EXPECT_EQ(limits("<= a + b"), "<= 10") << "no trial of head has more than any of base";
  EXPECT_EQ(limits("<= a + b + 2.5"), "<= 12.5");
  claim.sides.front().estimate = verdict::Estimate{12, {10, 14}};
  EXPECT_EQ(limits("less than a + b"), "< 12");
  EXPECT_EQ(limits("less than a + b by over 10 %"), "< 10.8");
  EXPECT_EQ(limits("more than a + b by over 3"), "> 15");
  EXPECT_EQ(limits(">= a + b - 0.5"), ">= 11.5");
  EXPECT_EQ(limits("within a + b +- 50 %"), ">= 6, <= 18");
  EXPECT_TRUE(limits_of(claim, claim.sides.front()).empty());
  claim.sides.front().values.clear();
  EXPECT_EQ(limits("less than a + b"), "");
}

TEST(RunHtml, HasEveryClaimItsVerdictAndItsFigures) {
  const auto view = sample_view();
  const auto html = run_html(view, {});
  for (const auto& claim : view.verdicts) {
    const auto article = between(html, "id=\"claim-" + claim.claim + "\"", "</article>");
    EXPECT_THAT(article, HasSubstr(std::string(name_of(claim.verdict)))) << claim.claim;
    EXPECT_THAT(article, HasSubstr(html_text(claim.says)));
    EXPECT_THAT(article, HasSubstr(html_text(claim.rule)));
  }
  EXPECT_THAT(html, HasSubstr("assay run --trials 3 --seed 7 shared-fault-vma-lock"));
  EXPECT_THAT(html, HasSubstr(std::string(64, 'b')));
}

TEST(RunHtml, HasNoScriptButItsOwn) {
  auto view = sample_view();
  const std::string evil = "</script></title></pre><script>alert(1)</script><!--";
  view.run.title = view.run.experiment = view.run.id = evil;
  view.run.kernels[0].variant = view.verdicts[0].claim = view.verdicts[0].sides[0].variant = evil;
  view.verdicts[0].figure = view.verdicts[0].says = view.verdicts[0].sides[0].expected = evil;
  view.trials[5].findings[0] = {evil, evil, evil};
  view.trials[5].reason = view.trials[5].folder = view.trials[5].key.workload = evil;
  PageParts parts;
  parts.patches = {{evil, evil, evil, true}};
  parts.lines.events[0] = {{5, {0, evil, evil, 1}}};
  parts.program = evil;
  const auto html = run_html(view, std::move(parts));
  std::size_t scripts = 0;
  for (auto at = html.find("<script"); at != std::string::npos; at = html.find("<script", at + 1)) {
    ++scripts;
  }
  EXPECT_EQ(scripts, 2U);
  EXPECT_THAT(html, Not(HasSubstr("<!--")));
  const auto data = between(html, "id=\"data\">", "</script>");
  EXPECT_TRUE(nlohmann::json::accept(data));
  EXPECT_THAT(data, HasSubstr("alert(1)"));
}

TEST(RunHtml, AsksForNothingElse) {
  const auto html = run_html(sample_view(), {});
  for (const auto* word : {" src=", "@import", "url(", "<link", "<base", "<iframe"}) {
    EXPECT_THAT(between(html, "<style>", "</style>") + between(html, "<body>", "<script"),
                Not(HasSubstr(word)));
  }
}

TEST(RunHtml, StaysSmallWhateverWasSampled) {
  constexpr std::size_t trials = 1500;
  std::mt19937_64 random(1);
  PageParts parts;
  parts.lines.columns = most_columns;
  SampledMetric metric{"noise", "pages", {}};
  for (std::size_t i = 0; i < trials; ++i) {
    TimeLine line{0, 0, {}, {}};
    for (std::size_t column = 0; column < most_columns; ++column) {
      line.low.push_back(static_cast<std::int64_t>(random()));
    }
    metric.lines.push_back(std::move(line));
  }
  SampledCell cell{"write", "small", {0}, {}, {std::move(metric)}, 0};
  cell.clocks.emplace_back(most_columns);
  parts.lines.cells.push_back(std::move(cell));
  const auto html = run_html(sample_view(), std::move(parts));
  EXPECT_GT(html.size(), 1'000'000U);
  EXPECT_LT(html.size(), 7'000'000U);
  EXPECT_THAT(html, HasSubstr("a line has at most 128 columns"));
}

TEST(RunHtml, OfNothing) { EXPECT_THAT(run_html(store::RunView{}, {}), HasSubstr("Nothing was judged yet")); }

TEST(BrowserParts, CarryTheLicenceOfWhatTheyCarry) {
  EXPECT_THAT(page_script(), HasSubstr("Permission is hereby granted"));
  EXPECT_THAT(page_script(), Not(HasSubstr("</script")));
  EXPECT_THAT(page_style(), HasSubstr("prefers-color-scheme"));
}

TEST(Pack, WritesWhatTheScriptReads) {
  std::string bytes;
  put_number(bytes, 300);
  const std::array<std::int64_t, 4> column{0, -1, 1, 64};
  put_column(bytes, column);
  EXPECT_EQ(bytes, std::string("\xac\x02\x00\x01\x04\x7e", 6));
  EXPECT_EQ(packed("x"), packed("x"));
  EXPECT_THAT(packed(""), ::testing::StartsWith("H4sI"));
}

class TimeLinesOfARun : public ::testing::Test {
 protected:
  void SetUp() override {
    view_.run = store::testing::a_run("r");
    ASSERT_TRUE(store_->begin_run(view_.run));
  }

  /// Metric 0 counts 0, 1, 2, ..., metric 1 stays at 7; sampled each ms.
  void add_trial(const std::string& workload, std::size_t times) {
    trial::TrialRecord record;
    record.key = {"after", "small", workload, static_cast<unsigned>(view_.trials.size())};
    auto& sink = store_->sink("r");
    ASSERT_TRUE(sink.begin_trial(record.key, 1));
    ASSERT_TRUE(sink.add_metrics(record.key, {{0, "counts", "events"}, {1, "stays", "pages"}}));
    link::SampleBatch batch{{}, {0, 1}, {}};
    for (std::size_t i = 0; i < times; ++i) {
      batch.times.push_back(1'000'000'000 + i * 1'000'000);
      batch.values.push_back(static_cast<std::int64_t>(i));
    }
    batch.values.resize(2 * times, 7);
    ASSERT_TRUE(sink.add_samples(record.key, batch));
    ASSERT_TRUE(sink.add_event(record.key, {1'002'000'000, "phase", "two", 2}));
    ASSERT_TRUE(sink.end_trial(record));
    view_.trials.push_back(record);
  }

  store::testing::Folder folder_;
  std::unique_ptr<store::Store> store_ = store::testing::must_open(folder_.database());
  store::RunView view_;
};

TEST_F(TimeLinesOfARun, KeepEachSampleOfAShortTrial) {
  add_trial("write", 3);
  const auto lines = read_time_lines(*store_, view_);
  ASSERT_TRUE(lines) << lines.error().text();
  ASSERT_EQ(lines->cells.size(), 1U);
  const auto& cell = lines->cells[0];
  EXPECT_EQ(cell.unchanged, 1U);
  ASSERT_EQ(cell.metrics.size(), 1U);
  EXPECT_EQ(cell.metrics[0].name, "counts");
  EXPECT_THAT(cell.metrics[0].lines[0].low, ElementsAre(0, 1, 2));
  EXPECT_THAT(cell.metrics[0].lines[0].high, ElementsAre());
  EXPECT_EQ(cell.clocks.size(), 1U);
  EXPECT_THAT(cell.clocks[0], ElementsAre(0, 1000, 2000));
  EXPECT_EQ(lines->samples, 6U);
  EXPECT_EQ(lines->events.at(0)[0].time_us, 2000);
}

TEST_F(TimeLinesOfARun, KeepTheExtremesOfALongOne) {
  add_trial("write", 2 * most_columns);
  auto lines = read_time_lines(*store_, view_);
  ASSERT_TRUE(lines);
  const auto& line = lines->cells[0].metrics[0].lines[0];
  ASSERT_EQ(line.low.size(), most_columns);
  EXPECT_EQ(line.low[1], 2);
  EXPECT_EQ(line.high[1], 3);
  halve(*lines);
  ASSERT_EQ(line.low.size(), most_columns / 2);
  EXPECT_EQ(line.low[1], 4);
  EXPECT_EQ(line.high[1], 7);
  EXPECT_EQ(lines->cells[0].clocks[0][1], 4000);
}

TEST_F(TimeLinesOfARun, HalveAnOddNumberOfSamples) {
  add_trial("write", 3);
  auto lines = read_time_lines(*store_, view_);
  ASSERT_TRUE(lines);
  halve(*lines);
  const auto& line = lines->cells[0].metrics[0].lines[0];
  EXPECT_THAT(line.low, ElementsAre(0, 2));
  EXPECT_THAT(line.high, ElementsAre(1, 2));
  EXPECT_EQ(lines->columns, 2U);
}

TEST_F(TimeLinesOfARun, AreSortedByWorkload) {
  add_trial("write", 3);
  add_trial("read", 2);
  add_trial("write", 3);
  const auto lines = read_time_lines(*store_, view_);
  ASSERT_TRUE(lines);
  ASSERT_EQ(lines->cells.size(), 2U);
  EXPECT_THAT(lines->cells[0].trials, ElementsAre(0, 2));
  EXPECT_THAT(lines->cells[1].trials, ElementsAre(1));
  EXPECT_EQ(lines->cells[0].metrics[0].lines.size(), 2U);
}

/// A run of two kernels with these texts, and one without.
class PartsOfARun : public ::testing::Test {
 protected:
  void SetUp() override { view_.run = store::testing::a_run("r"); }

  static store::KernelInfo kernel(const std::string& variant, const std::vector<std::string>& patches) {
    nlohmann::json list = nlohmann::json::array();
    for (const auto& patch : patches) {
      list.push_back({{"file", "/gone/a.patch"}, {"sha256", sha256(patch)}, {"reverse", true}});
    }
    return {variant, "k-" + variant, "6.12", nlohmann::json{{"patches", list}}.dump()};
  }

  void add(const store::KernelInfo& kernel, const store::KernelTexts& texts) {
    if (view_.run.kernels.empty()) {
      ASSERT_TRUE(store_->begin_run(view_.run));
    }
    ASSERT_TRUE(store_->add_kernel("r", kernel, texts));
    view_.run.kernels.push_back(kernel);
  }

  PageParts parts() {
    auto parts = read_page_parts(*store_, view_);
    EXPECT_TRUE(parts) << parts.error().text();
    return std::move(*parts);
  }

  const store::testing::Folder folder_;
  const std::unique_ptr<store::Store> store_ = store::testing::must_open(folder_.database());
  store::RunView view_;
};

TEST_F(PartsOfARun, ComeFromTheResultsAlone) {
  const std::string text = "--- a/mm/x.c\n+++ b/mm/x.c\n";
  add(kernel("before", {text}), {"CONFIG_A=y\nCONFIG_B=y\n", {text}});
  add(kernel("after", {"another"}), {"CONFIG_A=y\n# CONFIG_B is not set\n", {text}});
  add(kernel("without", {}), {});
  const auto found = parts();
  EXPECT_THAT(found.configured, ElementsAre("before", "after"));
  ASSERT_EQ(found.differing.size(), 1U);
  EXPECT_EQ(found.differing[0].name, "CONFIG_B");
  EXPECT_THAT(found.differing[0].values, ElementsAre("y", "n"));
  ASSERT_EQ(found.patches.size(), 2U);
  EXPECT_EQ(found.patches[0].text, text);
  EXPECT_TRUE(found.patches[0].reverse);
  EXPECT_EQ(found.patches[1].text, "") << "another patch of the same name";
  EXPECT_THAT(run_html(view_, parts()), HasSubstr("(its text is not kept in the results)"));
}

TEST_F(PartsOfARun, SayWhatIsNotKept) {
  add(kernel("before", {"x"}), {});
  add(kernel("after", {}), {"CONFIG_A=y\n", {}});
  const auto html = run_html(view_, parts());
  EXPECT_THAT(html, HasSubstr("The results keep the configuration of 1 of 2 kernels, so none are compared"));
  EXPECT_THAT(html, HasSubstr("(its text is not kept in the results)"));
}

TEST_F(PartsOfARun, LeaveOutWhatIsTooLong) {
  constexpr std::size_t large = 250'000;
  std::vector<std::string> patches{std::string(300'000, 'x')};
  for (const char letter : std::string_view("abcdefghijklmnopqrst")) {
    patches.emplace_back(large, letter);
  }
  const auto value = "\"" + std::string(large, 'v') + "\"";
  add(kernel("before", patches), {"CONFIG_A=" + value + "\n", patches});
  add(kernel("after", {}), {"CONFIG_A=y\n", {}});
  const auto found = parts();
  ASSERT_EQ(found.patches.size(), 21U);
  EXPECT_EQ(found.patches[0].text, "");
  EXPECT_EQ(found.patches[1].text, patches[1]);
  EXPECT_EQ(found.patches[20].text, "") << "all of them would be";
  EXPECT_LT(found.differing.at(0).values.at(0).size(), 210U);
  EXPECT_THAT(run_html(view_, parts()), HasSubstr("(too long for this page; its text is in the results)"));
}

TEST_F(PartsOfARun, AreShownAsTextWhoeverWroteThem) {
  const std::string evil = "</pre><script>alert(1)</script>\x1b[31m\xff";
  add(kernel("before", {evil}), {"CONFIG_A=\"</td><script>\"\n", {evil}});
  add(kernel("after", {}), {"CONFIG_A=y\n", {}});
  const auto html = run_html(view_, parts());
  EXPECT_THAT(html, HasSubstr("&#60;script&#62;alert(1)&#60;/script&#62;\\x1b[31m\\xff"));
  EXPECT_THAT(html, Not(HasSubstr("<script>alert(1)")));
  EXPECT_THAT(html, Not(HasSubstr("</td><script>")));
}

}  // namespace
}  // namespace assay::report
