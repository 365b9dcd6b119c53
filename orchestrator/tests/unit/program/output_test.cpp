// SPDX-License-Identifier: GPL-2.0-or-later
#include "program/output.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::program {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

using Units = std::map<std::string, std::string>;

std::vector<std::string> figures_in(const ProgramOutput& output) {
  std::vector<std::string> texts;
  for (const auto& one : output.figures()) {
    texts.push_back(fmt::format("{}={}", one.name, one.value));
  }
  return texts;
}

TEST(ProgramOutput, FiguresAreLinesOfTheirOwnCutAnywhere) {
  ProgramOutput output(Units{{"lag", "us"}});
  for (const char c :
       std::string("hello\nassay: retries 3\nassay:  lag   -7 us\r\nassay: retries 4 times\nassay: x 5")) {
    output.feed_out(std::string(1, c));
  }
  output.feed_err("assay: of_stderr 1\n");
  EXPECT_FALSE(output.finish());
  EXPECT_THAT(figures_in(output), ElementsAre("retries=4", "lag=-7", "x=5"));
  EXPECT_THAT(output.complaints(), SizeIs(0));
}

TEST(ProgramOutput, LinesThatLieAreToldAndNoFigures) {
  ProgramOutput output(Units{{"lag", "us"}});
  output.feed_out(
      "assay: vmstat.pgfault 5\nassay: exit_code 0\nassay: lag 1 ms\nassay: x 1.5\nassay: x\nassay: x 1 2 3\n"
      "assay: y 99999999999999999999\nassay: -1 -1\n");
  output.feed_out(std::string_view("assay: z 5\0\n", 12));
  static_cast<void>(output.finish());
  EXPECT_THAT(figures_in(output), ElementsAre());
  EXPECT_THAT(
      output.complaints(),
      ElementsAre("\"assay: vmstat.pgfault 5\" is no figure: a name has letters, digits and _, at most 64",
                  "\"assay: exit_code 0\" is no figure: exit_code is what Assay itself measures",
                  "\"assay: lag 1 ms\" is no figure: the experiment says that lag is in us",
                  "\"assay: x 1.5\" is no figure: its value is no whole number of 64 bits",
                  "\"assay: x\" is no figure: it is not assay: NAME VALUE [UNIT]",
                  "\"assay: x 1 2 3\" is no figure: it is not assay: NAME VALUE [UNIT]",
                  "\"assay: y 99999999999999999999\" is no figure: its value is no whole number of 64 bits",
                  "\"assay: -1 -1\" is no figure: a name has letters, digits and _, at most 64",
                  "\"assay: z 5\\x00\" is no figure: its value is no whole number of 64 bits"));
}

TEST(ProgramOutput, MillionsOfFiguresAreBounded) {
  ProgramOutput output(Units{});
  std::string text;
  for (int i = 0; i < 100'000; ++i) {
    text += fmt::format("assay: n{} {}\n", i, i);
  }
  output.feed_out(text);
  static_cast<void>(output.finish());
  EXPECT_THAT(output.figures(), SizeIs(256));
  EXPECT_THAT(output.complaints(), SizeIs(11));
  EXPECT_EQ(output.complaints().front(),
            "\"assay: n256 256\" is no figure: a trial takes 256 figures of its program");
  EXPECT_EQ(output.complaints().back(), "99734 more lines are no figures");
}

TEST(ProgramOutput, LinesWithoutAnEndAreCut) {
  ProgramOutput output(Units{});
  output.feed_out("assay: x 1 ");
  for (int i = 0; i < 1000; ++i) {
    output.feed_out(std::string(4096, 'u'));
  }
  output.feed_out("\nassay: y 2\n");
  static_cast<void>(output.finish());
  EXPECT_THAT(figures_in(output), ElementsAre("x=1", "y=2"));
  EXPECT_THAT(output.text(), HasSubstr("bytes are left out]"));
  EXPECT_LT(output.text().size(), 300'000U);
}

TEST(ProgramOutput, TestsBeginWithTheirVersion) {
  ProgramOutput without(Units{});
  without.feed_out("ok so far\nnot ok, once more\n1..5\n");
  EXPECT_FALSE(without.finish());
  ProgramOutput output(Units{});
  output.feed_out("not ok, once more\nTAP version 13\n1..2\nok 1 one\nassay: x 1\nnot ok 2 two\n");
  const auto tests = output.finish();
  ASSERT_TRUE(tests);
  EXPECT_THAT(tests->tests, SizeIs(2));
  EXPECT_THAT(tests->problems, SizeIs(0));
  EXPECT_EQ(tests->count(TestEnd::fail), 1U);
}

TEST(ProgramOutput, TheEndIsItsLastLines) {
  ProgramOutput output(Units{});
  EXPECT_EQ(output.end(), "");
  for (int i = 0; i < 9; ++i) {
    output.feed_out(fmt::format("line {}\n\n", i));
  }
  output.feed_err(std::string_view("a.c:3: Assertion `x' failed.\0\x1b[31m", 34));
  EXPECT_EQ(output.end(), "line 5 | line 6 | line 7 | line 8 | a.c:3: Assertion `x' failed.\\x00\\x1b[31m");
  EXPECT_THAT(output.text(), HasSubstr("line 0\n\nline 1"));
  EXPECT_THAT(output.text(), ::testing::Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace assay::program
