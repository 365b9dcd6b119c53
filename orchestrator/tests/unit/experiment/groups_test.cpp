// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/catalogue.hpp"
#include "experiment/experiment.hpp"
#include "experiment/experiment_reader.hpp"
#include "experiment/kept_file.hpp"
#include "experiment/sample_catalogue.hpp"
#include "experiment/sample_experiment.hpp"

#include <gtest/gtest.h>

namespace assay::experiment {
namespace {

/// Claims of the sample experiment, two of them in a group, with a quote that all cite.
const std::string cited = R"toml(
[quotes.slow]
text = "it does not retry"
author = "A. Hacker"

[[claims]]
id = "one"
says = "The old kernel retries."
cites = "slow"
workload = "write"
figure = "touches"
expect = { old = ">= 1" }

[groups.both]
cites = "slow"
workload = "write"
figure = "touches"
expect = { new = ">= 1" }

[[groups.both.claims]]
id = "two"
says = "And so does the new one."

[[groups.both.claims]]
id = "three"
says = "A little less."
expect = { new = ">= 0.5" }
)toml";

/// With the first `from` replaced.
std::string cited_with(const std::string& from, const std::string& to) {
  auto text = sample_experiment.substr(0, sample_experiment.find("\n[[claims]]")) + cited;
  return text.replace(text.find(from), from.size(), to);
}

Result<Experiment> parsed(const std::string& text) {
  return parse_experiment(text, "x.toml", *Catalogue::from_json(sample_describe));
}

TEST(Groups, GiveTheirClaimsWhatTheseDoNotSay) {
  const auto experiment = parsed(cited_with("", ""));
  ASSERT_TRUE(experiment) << experiment.error().text();
  ASSERT_EQ(experiment->claims.size(), 3U);
  const auto& two = experiment->claims.at(1);
  EXPECT_EQ(two.id, "two");
  EXPECT_EQ(two.workload, "write");
  EXPECT_EQ(subject_of(two.rule), "touches");
  EXPECT_EQ(std::get<ThresholdRule>(two.rule).expect.at(0).bound.text(), ">= 1");
  EXPECT_EQ(std::get<ThresholdRule>(experiment->claims.at(2).rule).expect.at(0).bound.text(), ">= 0.5");
}

TEST(Groups, MayCountWhereTheLastClaimOfTheFileHasAFigure) {
  const auto group = std::string("[groups.both]\ncites = \"slow\"\nworkload = \"write\"\n");
  const auto experiment =
      parsed(cited_with(group + "figure = \"touches\"", group + "count = \"failure\"") +
             "\n[[claims]]\nid = \"last\"\nsays = \"x\"\ncites = \"slow\"\nworkload = \"write\"\n"
             "figure = \"touches\"\nexpect = { new = \">= 1\" }\n");
  ASSERT_TRUE(experiment) << experiment.error().text();
  EXPECT_EQ(subject_of(experiment->claims.at(1).rule), "failure");
}

TEST(Groups, KeepTheOrderOfTheFile) {
  const auto at_the_end = "[[groups.both.claims]]\nid = \"three\"";
  const auto experiment = parsed(
      cited_with(at_the_end, std::string("[[claims]]\nid = \"between\"\nsays = \"x\"\ncites = \"slow\"\n"
                                         "workload = \"write\"\nfigure = \"touches\"\n"
                                         "expect = { new = \">= 1\" }\n") +
                                 at_the_end));
  ASSERT_TRUE(experiment) << experiment.error().text();
  std::vector<std::string> ids;
  for (const auto& claim : experiment->claims) {
    ids.push_back(claim.id);
  }
  EXPECT_EQ(ids, (std::vector<std::string>{"one", "two", "between", "three"}));
}

TEST(Groups, MayHaveAllClaims) {
  auto text = cited_with("", "");
  const auto from = text.find("[[claims]]");
  text.erase(from, text.find("[groups.both]") - from);
  const auto experiment = parsed(text);
  ASSERT_TRUE(experiment) << experiment.error().text();
  EXPECT_EQ(experiment->claims.size(), 2U);
}

TEST(Quotes, AreCitedByClaims) {
  const auto experiment = parsed(cited_with("author = \"A. Hacker\"", "author = \"B. Hacker\""));
  ASSERT_TRUE(experiment) << experiment.error().text();
  for (const auto& claim : experiment->claims) {
    EXPECT_EQ(claim.quote, "it does not retry");
    EXPECT_EQ(claim.author, "B. Hacker");
    EXPECT_EQ(claim.message_id, "1@example.org") << "the thread's";
  }
}

TEST(Quotes, MayComeFromAnotherMail) {
  const auto experiment =
      parsed(cited_with("author = \"A. Hacker\"", "author = \"A. Hacker\"\nmessage_id = \"3@example.org\""));
  ASSERT_TRUE(experiment) << experiment.error().text();
  EXPECT_EQ(experiment->claims.at(1).message_id, "3@example.org");
}

TEST(Quotes, AndClaimsHaveTheAuthorOfTheExperiment) {
  auto text = cited_with("author = \"A. Hacker\"\n", "");
  text.replace(text.find("cites = \"slow\""), 14, "quote = \"own\"");
  text.insert(text.find("thread ="), "author = \"C. Hacker\"\n");
  const auto experiment = parsed(text);
  ASSERT_TRUE(experiment) << experiment.error().text();
  EXPECT_EQ(experiment->claims.at(0).quote, "own");
  EXPECT_EQ(experiment->claims.at(0).author, "C. Hacker");
  EXPECT_EQ(experiment->claims.at(1).author, "C. Hacker");
}

TEST(Quotes, AreWhatReportsShow) {
  const auto text = cited_with("", "");
  const auto experiment = parsed(text);
  const auto sources = claim_sources_in(text);
  ASSERT_TRUE(experiment) << experiment.error().text();
  ASSERT_EQ(sources.size(), experiment->claims.size());
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const auto& claim = experiment->claims.at(i);
    EXPECT_EQ(sources[i].claim, claim.id);
    EXPECT_EQ(sources[i].says, claim.says);
    EXPECT_EQ(sources[i].quote, claim.quote);
    EXPECT_EQ(sources[i].author, claim.author);
    EXPECT_EQ(sources[i].message_id, claim.message_id);
    EXPECT_EQ(sources[i].workload, claim.workload);
  }
}

struct GroupCase {
  const char* name;
  std::string from;
  std::string to;
  std::string message;  ///< with its place
};

void PrintTo(const GroupCase& one, std::ostream* out) { *out << one.name; }

class EachGroupMistake : public ::testing::TestWithParam<GroupCase> {};

TEST_P(EachGroupMistake, NamesThePlaceAndTheFix) {
  const auto& one = GetParam();
  const auto experiment = parsed(cited_with(one.from, one.to));
  ASSERT_FALSE(experiment);
  EXPECT_EQ(experiment.error().kind(), Failure::usage);
  EXPECT_EQ(experiment.error().text(), "x.toml:" + one.message);
}

const std::vector<GroupCase> group_mistakes{
    {"UnknownQuote", "cites = \"slow\"", "cites = \"slwo\"",
     "42:9: the experiment has no quote \"slwo\"; did you mean \"slow\"?"},
    {"UnknownQuoteOfAGroup", "[groups.both]\ncites = \"slow\"", "[groups.both]\ncites = \"fast\"",
     "48:9: the experiment has no quote \"fast\""},
    {"MisspeltQuote", "[quotes.slow]", "[quotes.slwo]",
     "42:9: the experiment has no quote \"slow\"; did you mean \"slwo\"?\n"
     "x.toml:48:9: the experiment has no quote \"slow\"; did you mean \"slwo\"?"},
    {"UnusedQuote", "[[claims]]", "[quotes.more]\ntext = \"x\"\nauthor = \"y\"\n[[claims]]",
     "39:9: no claim cites quote \"more\""},
    {"BothAQuoteAndWords", "cites = \"slow\"", "cites = \"slow\"\nquote = \"x\"",
     "43:9: quote of a claim that cites a quote: leave out one of both"},
    {"AuthorOfACitedQuote", "cites = \"slow\"", "cites = \"slow\"\nauthor = \"x\"",
     "43:10: author of a claim that cites a quote: leave out one of both"},
    {"CitesNoName", "cites = \"slow\"", "cites = 3",
     "42:9: cites in [[claims]] must be a string, not a whole number"},
    {"QuoteWithoutText", "text = \"it does not retry\"\n", "", "35:1: [quotes.slow] has no \"text\""},
    {"QuoteWithoutAuthor", "author = \"A. Hacker\"\n", "", "35:1: [quotes.slow] has no \"author\""},
    {"UnknownKeyOfAQuote",
     "text =", "txet = \"x\"\ntext =", "36:1: unknown key \"txet\" in [quotes.slow]; did you mean \"text\"?"},
    {"QuoteIsNoTable", "[quotes.slow]\ntext = \"it does not retry\"\nauthor = \"A. Hacker\"",
     "[quotes]\nslow = \"it does not retry\"",
     "36:1: quotes.slow must be a table, not a string: write [quotes.slow] above its keys\n"
     "x.toml:41:9: the experiment has no quote \"slow\"\n"
     "x.toml:47:9: the experiment has no quote \"slow\""},
    {"WrongMessageId", "author = \"A. Hacker\"", "author = \"A. Hacker\"\nmessage_id = \"<x>\"",
     "38:14: message_id: \"<x>\" is not a message id: write it without <>, as in \"1234@example.org\""},
    {"GroupWithoutClaims", "[groups.both]", "[groups.none]\nworkload = \"write\"\n[groups.both]",
     "47:9: [groups.none] has no claims: write a [[groups.none.claims]] for each"},
    {"GroupOfNoTables", "[groups.both]", "[groups.none]\nclaims = [1]\n[groups.both]",
     "48:11: a claim must be a table, not a whole number: write [[groups.none.claims]] above its keys"},
    {"UnknownKeyOfAGroup", "figure = \"touches\"\nexpect = { new",
     "figrue = \"touches\"\nfigure = \"touches\"\nexpect = { new",
     "50:1: unknown key \"figrue\" in [groups.both]; did you mean \"figure\"?"},
    {"UnknownKeyOfItsClaim", "id = \"three\"", "id = \"three\"\nfigrue = \"touches\"",
     "59:1: unknown key \"figrue\" in [[groups.both.claims]]; did you mean \"figure\"?"},
    {"IdOfAGroup", "[groups.both]", "[groups.both]\nsays = \"x\"",
     "48:1: each claim of [groups.both] must have its own says"},
    {"UselessKeyOfAGroup", "says = \"And so does the new one.\"",
     "says = \"And so does the new one.\"\nexpect = { new = \">= 2\" }",
     "51:1: expect is of no use here: each claim of [groups.both] has its own"},
    {"WrongValueOfAGroup", "[groups.both]", "[groups.both]\nmin_trials = 7",
     "48:14: the claim asks for at least 7 trials per variant, but the experiment runs 6"},
    {"MissingEverywhere", "expect = { new = \">= 1\" }\n", "",
     "52:1: [[groups.both.claims]] has no \"expect\""},
    {"DuplicateIdInAGroup", "id = \"three\"", "id = \"one\"",
     "58:6: claim id \"one\" is used already in line 40"},
};

INSTANTIATE_TEST_SUITE_P(Groups, EachGroupMistake, ::testing::ValuesIn(group_mistakes),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace assay::experiment
