// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/score_json.hpp"

#include "base/text.hpp"
#include "golden.hpp"
#include "report/mutants/sample_score.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>

namespace assay::mutate {
namespace {

using report::sample_score;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::ordered_json;

/// A JSON of the sample in which `path` was replaced.
std::string sample_with(const std::string& path, const Json& value) {
  auto json = Json::parse(score_json(sample_score()));
  json[Json::json_pointer(path)] = value;
  return json.dump();
}

std::string error_of(std::string_view text) {
  const auto score = score_from_json(text);
  if (score) {
    return "";
  }
  EXPECT_EQ(score.error().kind(), Failure::usage);
  EXPECT_THAT(score.error().text(), StartsWith("cannot read a score of mutants: "));
  EXPECT_EQ(score.error().text(), printable(score.error().text()));
  return score.error().text();
}

TEST(ScoreJson, Golden) { expect_golden("mutate/golden/score.json", score_json(sample_score())); }

TEST(ScoreJson, IsReadBackAsItWas) {
  const auto score = sample_score();
  const auto again = score_from_json(score_json(score));
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(score_json(*again), score_json(score));
  ASSERT_EQ(again->mutants.size(), score.mutants.size());
  ASSERT_EQ(again->others.mutants.size(), 1U);
  EXPECT_EQ(again->others.mutants[0].mutant.id, score.others.mutants[0].mutant.id);
  ASSERT_EQ(again->others.lines.size(), 1U);
  EXPECT_EQ(again->others.lines[0].text, score.others.lines[0].text);
  for (std::size_t i = 0; i < score.mutants.size(); ++i) {
    const auto& one = again->mutants[i];
    const auto& other = score.mutants[i];
    EXPECT_EQ(std::tie(one.mutant.id, one.mutant.op, one.mutant.file, one.mutant.function, one.mutant.line,
                       one.mutant.column, one.mutant.offset, one.mutant.length, one.mutant.before,
                       one.mutant.after),
              std::tie(other.mutant.id, other.mutant.op, other.mutant.file, other.mutant.function,
                       other.mutant.line, other.mutant.column, other.mutant.offset, other.mutant.length,
                       other.mutant.before, other.mutant.after));
    EXPECT_EQ(std::tie(one.diff, one.fate, one.killer, one.claim, one.why, one.trials, one.kernel_id,
                       one.image, one.run),
              std::tie(other.diff, other.fate, other.killer, other.claim, other.why, other.trials,
                       other.kernel_id, other.image, other.run));
  }
  for (std::size_t i = 0; i < score.lines.size(); ++i) {
    const auto& one = again->lines.at(i);
    const auto& other = score.lines[i];
    EXPECT_EQ(std::tie(one.file, one.line, one.text, one.patched, one.ran, one.watched),
              std::tie(other.file, other.line, other.text, other.patched, other.ran, other.watched));
  }
  EXPECT_EQ(std::tie(again->experiment, again->variant, again->base, again->baseline, again->held,
                     again->not_held, again->more),
            std::tie(score.experiment, score.variant, score.base, score.baseline, score.held, score.not_held,
                     score.more));
}

TEST(ScoreJson, KeepsAnyBytes) {
  Score score;
  for (int byte = 0; byte < 256; ++byte) {
    score.variant += static_cast<char>(byte);
  }
  score.base =
      "caf\xc3\xa9 \xef\x9e\x80 \xef\x9f\xbf \xef\xbf\xbd \xf0\x9f\x92\xa9 \xc0\x80 \xed\xa0\x80 \xe2\x82";
  score.held = {"\xef", "\xef\x9e", std::string("\0\"\\", 3), ""};
  const auto text = score_json(score);
  EXPECT_EQ(text, printable(text));
  EXPECT_THAT(text, HasSubstr("caf\\u00e9 \\uf7ef\\uf79e\\uf780"));
  const auto again = score_from_json(text);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->variant, score.variant);
  EXPECT_EQ(again->base, score.base);
  EXPECT_EQ(again->held, score.held);
}

TEST(ScoreJson, OfNothing) {
  const auto json = Json::parse(score_json({}));
  EXPECT_TRUE(json["score"]["percent"].is_null());
  EXPECT_TRUE(score_from_json(score_json({})));
}

TEST(ScoreJson, SaysWhatIsWrongAndWhere) {
  const std::string cannot = "cannot read a score of mutants: ";
  EXPECT_EQ(error_of(""), cannot + "it is no JSON from byte 1 on");
  EXPECT_EQ(error_of("{\"schema\": 1e999}"), cannot + "it is no JSON");
  EXPECT_EQ(error_of("[]"), cannot + "it has to be an object");
  EXPECT_EQ(error_of("{}"), cannot + "schema has to be a whole number from 0 to 4294967295");
  EXPECT_EQ(error_of("{\"schema\": 2}"), cannot + "it has schema 2, and this version of Assay reads 1");
  EXPECT_EQ(error_of("{\"schema\": 1}"), cannot + "experiment has to be a text");
  EXPECT_EQ(error_of(sample_with("/held/1", 7)), cannot + "held[1] has to be a text");
  EXPECT_EQ(error_of(sample_with("/lines", "none")), cannot + "lines has to be an array");
  EXPECT_EQ(error_of(sample_with("/lines/3/patched", 1)),
            cannot + "lines[3].patched has to be true or false");
  EXPECT_EQ(error_of(sample_with("/mutants/2", "x")), cannot + "mutants[2] has to be an object");
  for (const auto& value : {Json(-1), Json(1.5), Json(4294967296), Json("1"), Json(nullptr)}) {
    EXPECT_EQ(error_of(sample_with("/mutants/2/line", value)),
              cannot + "mutants[2].line has to be a whole number from 0 to 4294967295");
  }
  EXPECT_EQ(error_of(sample_with("/mutants/0/fate", "eaten\x1b")),
            cannot +
                "mutants[0].fate has to be one of \"killed\", \"survived\", \"does not compile\", "
                "\"same code\", \"waiting\"");
  EXPECT_EQ(error_of(sample_with("/others", 3)), cannot + "others has to be an object");
  EXPECT_EQ(error_of(sample_with("/others/mutants/0/line", "x")),
            cannot + "others.mutants[0].line has to be a whole number from 0 to 4294967295");
  EXPECT_THAT(error_of(sample_with("/mutants/0/killer", "")),
              HasSubstr("mutants[0].killer has to be one of"));
}

TEST(ScoreJson, MayHaveMoreMembers) {
  EXPECT_TRUE(score_from_json(sample_with("/mutants/0/colour", "red")));
  EXPECT_TRUE(score_from_json(sample_with("/score/percent", "any")));
}

TEST(ScoreJson, MayBeOfAVersionThatForgotTheOthers) {
  auto json = Json::parse(score_json(sample_score()));
  json.erase("others");
  for (auto& one : json["mutants"]) {
    one.erase("image");
  }
  const auto score = score_from_json(json.dump());
  ASSERT_TRUE(score) << score.error().text();
  EXPECT_EQ(score->mutants.size(), sample_score().mutants.size());
  EXPECT_EQ(score->others.mutants.size(), 0U);
  EXPECT_EQ(score->mutants.front().image, "");
}

TEST(ScoreJson, OfNoKindBreaksTheReader) {
  const auto text = score_json(sample_score());
  const auto end = text.find_last_of('}');
  for (std::size_t size = 0; size <= end; size += 1 + size / 40) {
    EXPECT_NE(error_of(text.substr(0, size)), "") << size;
  }
  std::mt19937 random(18);  // NOLINT(cert-msc51-cpp,cert-msc32-c): the same each time
  for (int round = 0; round < 300; ++round) {
    auto broken = text;
    for (int i = 0; i < 3; ++i) {
      broken[random() % broken.size()] = static_cast<char>(random() % 256);
    }
    error_of(broken);
  }
  EXPECT_NE(error_of(std::string(200'000, '[')), "");
  EXPECT_NE(error_of("{\"schema\": 1, \"experiment\": " + std::string(200'000, '[') +
                     std::string(200'000, ']') + "}"),
            "");
}

}  // namespace
}  // namespace assay::mutate
