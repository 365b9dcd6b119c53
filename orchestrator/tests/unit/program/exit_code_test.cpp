// SPDX-License-Identifier: GPL-2.0-or-later
#include "program/exit_code.hpp"

#include <gtest/gtest.h>

namespace assay::program {
namespace {

GuestRun ended(link::ProgramEnd how, std::int32_t code) {
  GuestRun end;
  end.program.how = how;
  end.program.code = code;
  return end;
}

TestReport results(TestEnd end) {
  TestReport report;
  report.tests.push_back({.number = 1, .name = "one", .end = end});
  return report;
}

TEST(ExitCodes, AreTheProgramsOwn) {
  EXPECT_EQ(exit_code_of(ended(link::ProgramEnd::exited, 0)), 0);
  EXPECT_EQ(exit_code_of(ended(link::ProgramEnd::exited, 3)), 3);
  EXPECT_EQ(exit_code_of(ended(link::ProgramEnd::signalled, 11)), 139);
  EXPECT_EQ(exit_code_of(ended(link::ProgramEnd::timed_out, 9)), 124);
  EXPECT_EQ(exit_code_of(ended(link::ProgramEnd::not_started, 2)), 127);
}

TEST(ExitCodes, ADeadGuestIs255WhateverTheProgramDid) {
  auto end = ended(link::ProgramEnd::exited, 0);
  end.died = Died{"panic"};
  EXPECT_EQ(exit_code_of(end), 255);
  EXPECT_EQ(exit_code_of(end, results(TestEnd::pass)), 255);
}

TEST(ExitCodes, AResultThatWasNotCopiedOutIsNoSuccess) {
  auto end = ended(link::ProgramEnd::exited, 0);
  end.not_fetched.emplace_back("cannot copy /x");
  EXPECT_EQ(exit_code_of(end), 70);
  EXPECT_EQ(exit_code_of(end, results(TestEnd::pass)), 70);
  end.program.code = 5;
  EXPECT_EQ(exit_code_of(end), 5);
}

TEST(ExitCodes, WithTestResults) {
  const auto well = ended(link::ProgramEnd::exited, 0);
  EXPECT_EQ(exit_code_of(well, results(TestEnd::pass)), 0);
  EXPECT_EQ(exit_code_of(well, results(TestEnd::skip)), 0);
  EXPECT_EQ(exit_code_of(well, results(TestEnd::xfail)), 0);
  EXPECT_EQ(exit_code_of(well, results(TestEnd::fail)), 1);
  EXPECT_EQ(exit_code_of(ended(link::ProgramEnd::exited, 7), TestReport{}), 7)
      << "without results it is its own";
  EXPECT_EQ(exit_code_of(ended(link::ProgramEnd::signalled, 11), TestReport{}), 139);
  TestReport missing;
  missing.problems.emplace_back("3 tests were planned, 0 gave a result");
  EXPECT_EQ(exit_code_of(well, missing), 1) << "results that do not come are no success";
  EXPECT_EQ(exit_code_of(ended(link::ProgramEnd::exited, 4), results(TestEnd::skip)), 0);
  EXPECT_EQ(exit_code_of(ended(link::ProgramEnd::exited, 2), results(TestEnd::pass)), 1);
  EXPECT_EQ(exit_code_of(ended(link::ProgramEnd::signalled, 11), results(TestEnd::pass)), 1);
  EXPECT_EQ(exit_code_of(ended(link::ProgramEnd::timed_out, 9), results(TestEnd::pass)), 124);
}

TEST(ExitCodes, AnErrorThatNoTestTellsIsTold) {
  EXPECT_EQ(disagreement(ended(link::ProgramEnd::exited, 2), results(TestEnd::pass)),
            "no test failed, but the program ended with exit code 2");
  EXPECT_EQ(disagreement(ended(link::ProgramEnd::exited, 2), results(TestEnd::fail)), "");
  EXPECT_EQ(disagreement(ended(link::ProgramEnd::exited, 0), results(TestEnd::pass)), "");
  EXPECT_EQ(disagreement(ended(link::ProgramEnd::exited, 2), TestReport{}), "");
}

TEST(ExitCodes, AnOrderHasAnEnd) {
  link::RunProgram program;
  program.arguments = {"x", std::string(40'000, 'a')};
  EXPECT_TRUE(fits_into_an_order(program));
  program.environment = {std::string(10'000, 'b')};
  EXPECT_FALSE(fits_into_an_order(program));
}

}  // namespace
}  // namespace assay::program
