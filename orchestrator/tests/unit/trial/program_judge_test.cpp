// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/program_judge.hpp"

#include "trial/time_out.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::trial {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A record as the worker's result made it, after the program wrote `text` and ended.
TrialRecord judged(const std::string& text, std::optional<link::Ended> end,
                   const OrderedProgram& program = {}, Outcome outcome = Outcome::pass,
                   std::string reason = {}) {
  ProgramJudge judge(program);
  judge.hear({1, link::Stream::out, text});
  if (end) {
    judge.end(*end);
  }
  TrialRecord record;
  record.outcome = outcome;
  record.reason = std::move(reason);
  judge.conclude(record);
  return record;
}

link::Ended exited(int code) { return {1, link::ProgramEnd::exited, code, ""}; }

std::vector<std::string> checks_of(const TrialRecord& record) {
  std::vector<std::string> texts;
  for (const auto& check : record.checks) {
    texts.push_back(fmt::format("{}{}{}", check.name, check.ok ? " ok" : ": ", check.detail));
  }
  return texts;
}

std::int64_t figure(const TrialRecord& record, std::string_view name) {
  const auto* found = record.counter(name);
  return found != nullptr ? *found : -1;
}

TEST(ProgramJudge, AnExitCodeIsAFigureAndACheck) {
  const auto fine = judged("assay: retries 7\n", exited(0));
  EXPECT_EQ(figure(fine, "exit_code"), 0);
  EXPECT_EQ(figure(fine, "signal"), 0);
  EXPECT_EQ(figure(fine, "retries"), 7);
  EXPECT_EQ(figure(fine, "ktap.passed"), -1);
  EXPECT_THAT(checks_of(fine), ElementsAre("exit ok"));
  EXPECT_THAT(checks_of(judged("", exited(3))), ElementsAre("exit: exit code 3"));
  EXPECT_THAT(checks_of(judged("one\ntwo\n", exited(1))),
              ElementsAre("exit: exit code 1, and its output ends: one | two"));
}

TEST(ProgramJudge, ASignalFails) {
  const auto record = judged("", link::Ended{1, link::ProgramEnd::signalled, 11, "Segmentation fault"});
  EXPECT_EQ(figure(record, "exit_code"), 139);
  EXPECT_EQ(figure(record, "signal"), 11);
  EXPECT_THAT(checks_of(record), ElementsAre("exit: ended by signal 11: Segmentation fault"));
}

TEST(ProgramJudge, ExitCodeFourSkipsUnlessATestFailed) {
  auto record = judged("no userfaultfd here\n", exited(4));
  EXPECT_EQ(record.outcome, Outcome::skip);
  EXPECT_EQ(record.reason,
            "the program ended with exit code 4, for \"cannot run here\": no userfaultfd here");
  EXPECT_THAT(checks_of(record), ElementsAre());
  record = judged("TAP version 13\n1..2\nnot ok 1 a\nok 2 # SKIP b\n", exited(4));
  EXPECT_EQ(record.outcome, Outcome::pass) << "its checks tell";
  EXPECT_THAT(checks_of(record), ::testing::Contains(HasSubstr("exit: exit code 4")));
}

TEST(ProgramJudge, EachTestIsACheckAndTheirNumbersAreFigures) {
  const auto record = judged(
      "TAP version 13\n1..5\nok 1 maps\n# it is 3\nnot ok 2 exit\nok 3 maps\nok 4 huge # SKIP none\n"
      "not ok 5 # TODO later\n",
      exited(1));
  EXPECT_EQ(figure(record, "ktap.passed"), 2);
  EXPECT_EQ(figure(record, "ktap.failed"), 1);
  EXPECT_EQ(figure(record, "ktap.skipped"), 1);
  EXPECT_EQ(figure(record, "ktap.xfailed"), 1);
  EXPECT_THAT(checks_of(record),
              ElementsAre(HasSubstr("exit: exit code 1, and"), "ktap: 1 of 5 tests failed: exit", "maps ok",
                          "exit (2): # it is 3", "maps (2) ok"));
}

TEST(ProgramJudge, SubtestsAreCalledByAllTheirNames) {
  const auto record = judged(
      "KTAP version 1\n1..1\n    KTAP version 1\n    # Subtest: folio\n    1..1\n    ok 1 split\nok 1 "
      "folio\n",
      exited(0));
  EXPECT_THAT(checks_of(record), ElementsAre("exit ok", "ktap ok", "folio/split ok"));
}

TEST(ProgramJudge, ResultsThatDidNotComeFail) {
  const auto record = judged("TAP version 13\n1..3\nok 1 a\n", exited(0));
  EXPECT_THAT(checks_of(record),
              ElementsAre("exit ok", "ktap: 3 tests were planned, 1 gave a result", "a ok"));
}

TEST(ProgramJudge, MoreTestsThanAThousandAreOneCheckButForThoseThatClaimsMean) {
  std::string text = "TAP version 13\n1..5000\n";
  for (int i = 1; i <= 5000; ++i) {
    text += fmt::format("{}ok {} t{}\n", i == 4999 ? "not " : "", i, i);
  }
  OrderedProgram program;
  program.tests = {"t5000"};
  const auto record = judged(text, exited(1), program);
  EXPECT_EQ(record.checks.size(), 1003U);
  EXPECT_EQ(record.checks.back().name, "t5000");
  EXPECT_EQ(record.checks[1].detail, "1 of 5000 tests failed: t4999");
}

TEST(ProgramJudge, ATimeOutHasTheEndOfTheOutput) {
  const auto record =
      judged("still waiting\n", std::nullopt, {}, Outcome::fail, std::string(time_out_reason));
  EXPECT_THAT(checks_of(record), ElementsAre("exit: the workload did not finish within its time-out, and its "
                                             "output ends: still waiting"));
  EXPECT_EQ(figure(record, "exit_code"), -1);
}

TEST(ProgramJudge, WhatNeverRanHasNoChecks) {
  const auto record =
      judged("", std::nullopt, {}, Outcome::skip, "the program was not started: no such file");
  EXPECT_EQ(record.outcome, Outcome::skip);
  EXPECT_THAT(checks_of(record), ElementsAre());
}

}  // namespace
}  // namespace assay::trial
