// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/mutants/mutants.hpp"

#include "base/text.hpp"
#include "golden.hpp"
#include "report/mutants/sample_score.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>

namespace assay::report {
namespace {

using mutate::Fate;
using mutate::Score;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// The page behind its style sheet.
std::string body_of(const Score& score) {
  const auto html = mutants_html(score, "Assay");
  return html.substr(html.find("<body>"));
}

void expect_fits_a_terminal(const std::string& text) {
  for (const auto line : split(text, '\n')) {
    EXPECT_LE(line.size(), 80U) << line;
    EXPECT_FALSE(line.ends_with(' ')) << line;
  }
  EXPECT_EQ(printable(text), text);
  EXPECT_THAT(text, Not(HasSubstr("\t")));
}

/// With this text wherever somebody else may have written one.
Score score_of(const std::string& text) {
  auto score = sample_score();
  score.experiment = score.variant = score.base = score.baseline = text;
  score.held = score.not_held = {text};
  for (auto& line : score.lines) {
    line.file = line.text = text;
  }
  for (auto& one : score.mutants) {
    one.mutant.id = one.mutant.file = one.mutant.function = text;
    one.mutant.before = one.mutant.after = one.diff = one.claim = one.why = one.kernel_id = one.run = text;
  }
  return score;
}

TEST(MutantsText, Golden) {
  expect_golden("report/golden/mutants.txt", mutants_text(sample_score(), false, false));
  expect_golden("report/golden/mutants_all.txt", mutants_text(sample_score(), true, false));
}

TEST(MutantsText, FitsATerminal) { expect_fits_a_terminal(mutants_text(sample_score(), true, false)); }

TEST(MutantsText, ColourAddsNothingButColour) {
  const auto coloured = mutants_text(sample_score(), true, true);
  EXPECT_THAT(coloured, HasSubstr("\x1b[1;32mkilled\x1b[0m"));
  EXPECT_EQ(std::regex_replace(coloured, std::regex("\x1b\\[[0-9;]*m"), ""),
            mutants_text(sample_score(), true, false));
}

TEST(MutantsText, OfNothing) {
  const auto text = mutants_text({}, true, false);
  EXPECT_THAT(text, StartsWith("no mutants: 0 do not compile, 0 are the same code, 0 waiting\n"));
  EXPECT_THAT(text, Not(HasSubstr("By operator")));
}

TEST(MutantsText, OfNothingJudged) {
  auto score = sample_score();
  for (auto& one : score.mutants) {
    one.fate = one.fate == Fate::killed ? Fate::waiting : Fate::same_code;
    one.killer.reset();
  }
  const auto text = mutants_text(score, false, false);
  EXPECT_THAT(text, StartsWith("no mutant was judged: 0 do not compile, "));
  EXPECT_THAT(text, Not(HasSubstr("killed nothing"))) << "no claim had the occasion";
  EXPECT_THAT(text, Not(HasSubstr("Survivors")));
}

TEST(MutantsText, RoundsDown) {
  Score score;
  score.mutants.resize(200);
  for (auto& one : score.mutants) {
    one.fate = Fate::killed;
  }
  score.mutants.front().fate = Fate::survived;
  EXPECT_THAT(mutants_text(score, false, false), StartsWith("killed 199 of 200 mutants (99 %): "));
}

TEST(MutantsText, SaysWhatIsKnownOfALine) {
  auto score = sample_score();
  std::erase_if(score.mutants, [](const auto& one) { return one.fate != Fate::survived; });
  score.mutants.resize(1);
  auto& line = *std::ranges::find(score.lines, score.mutants.front().mutant.line, &mutate::ScopeLine::line);
  const auto with = [&](std::optional<unsigned> ran, unsigned watched) {
    line.ran = ran;
    line.watched = watched;
    return mutants_text(score, false, false);
  };
  EXPECT_THAT(with(3, 3), HasSubstr("\n    3 of 3 trials ran this line: no claim looks at what it does\n"));
  EXPECT_THAT(with(0, 1), HasSubstr("\n    0 of 1 trial ran this line\n"));
  EXPECT_THAT(with(std::nullopt, 3), HasSubstr("\n    no instruction of its own\n"));
  EXPECT_THAT(with(std::nullopt, 0), HasSubstr("\n    nobody could see whether this line ran\n"));
  score.lines.clear();
  EXPECT_THAT(mutants_text(score, false, false), Not(HasSubstr("this line")));
}

TEST(MutantsText, TakesNoChangeForAHead) {
  auto score = sample_score();
  score.mutants.resize(1);
  score.mutants.front().fate = Fate::survived;
  score.mutants.front().diff = "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n\tint i;\n---i;\n+++i;\n";
  EXPECT_THAT(mutants_text(score, false, false), HasSubstr("\n    ---i;\n    +++i;\n"));
}

TEST(MutantsText, OfHostileTexts) {
  const std::string wide(300, 'x');
  for (const auto& text :
       {std::string("\x1b[2J\x9b\xff\r\n\tred"), wide, std::string("@@\n-\x1b[0m\n+" + wide)}) {
    expect_fits_a_terminal(mutants_text(score_of(text), true, false));
  }
}

TEST(MutantsHtml, Golden) { expect_golden("report/golden/mutants.html", body_of(sample_score())); }

TEST(MutantsHtml, StandsAlone) {
  const auto html = mutants_html(sample_score(), "Assay 0.1.0");
  EXPECT_THAT(html, HasSubstr("default-src 'none'; style-src 'unsafe-inline'; script-src 'none'"));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_TRUE(html.find("<title>unmap-failure-swap: killed 16 of 21 mutants (76 %)</title>") !=
              std::string::npos);
}

TEST(MutantsHtml, LinksLeadToLinesThatAreThere) {
  const auto html = body_of(sample_score());
  std::set<std::string> ids;
  const std::regex id(" id=\"([^\"]*)\"");
  for (std::sregex_iterator at(html.begin(), html.end(), id), end; at != end; ++at) {
    EXPECT_TRUE(ids.insert((*at)[1]).second) << (*at)[1];
  }
  const std::regex link("href=\"#([^\"]*)\"");
  for (std::sregex_iterator at(html.begin(), html.end(), link), end; at != end; ++at) {
    EXPECT_TRUE(ids.contains((*at)[1])) << (*at)[1];
  }
}

TEST(MutantsHtml, ShowsTextAsText) {
  const auto html =
      body_of(score_of("@@\n-</pre></details><script>alert(1)</script>\"'><img src=x>\x1b[0m\xff"));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("<img")));
  EXPECT_THAT(html, Not(HasSubstr("\x1b")));
  EXPECT_EQ(printable(html), html);
  const auto count = [&](const std::string& what) {
    std::size_t found = 0;
    for (auto at = html.find(what); at != std::string::npos; at = html.find(what, at + 1)) {
      ++found;
    }
    return found;
  };
  EXPECT_EQ(count("<details>"), count("</details>"));
  EXPECT_EQ(count("<pre"), count("</pre>"));
}

TEST(MutantsHtml, HasMutantsOfLinesThatNobodyListed) {
  auto score = sample_score();
  score.lines.clear();
  const auto html = body_of(score);
  EXPECT_THAT(html, HasSubstr("<td class=\"number\">1661</td>"));
  EXPECT_THAT(body_of({}), Not(HasSubstr("id=\"source\"")));
  EXPECT_THAT(body_of({}), HasSubstr("No mutant was judged yet."));
}

TEST(Mutants, MayBeMany) {
  constexpr std::size_t many = 5000;
  auto score = sample_score();
  const auto few = score.mutants;
  score.mutants.clear();
  for (std::size_t i = 0; i < many; ++i) {
    score.mutants.push_back(few[i % few.size()]);
    auto& one = score.mutants.back();
    one.mutant.line = static_cast<unsigned>(i);
    one.claim = one.claim.empty() ? "" : fmt::format("claim-{}", i % 40);
  }
  EXPECT_LT(body_of(score).size(), 8'000'000U);
  expect_fits_a_terminal(mutants_text(score, true, false));
}

}  // namespace
}  // namespace assay::report
