// SPDX-License-Identifier: GPL-2.0-or-later
// What is told of two kernels, and what is told in 80 columns.
#include "suite/compare.hpp"

#include "base/text.hpp"
#include "suite/table.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace assay::suite {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

CategoryRun run_of(std::vector<TestEnd> tests) { return {"cow", std::move(tests)}; }

std::map<std::string, Told> told(const std::vector<Compared>& tests) {
  std::map<std::string, Told> result;
  for (const auto& test : tests) {
    result[test.name] = test.told;
  }
  return result;
}

TEST(Compare, TellsFlakesFromChanges) {
  const std::vector<CategoryRun> base{run_of({{"broken", End::passed},
                                              {"mended", End::failed},
                                              {"flaky", End::passed},
                                              {"as before", End::failed},
                                              {"failed and gone", End::failed},
                                              {"gone", End::passed}}),
                                      run_of({{"broken", End::passed},
                                              {"mended", End::failed},
                                              {"flaky", End::failed},
                                              {"as before", End::failed},
                                              {"failed and gone", End::failed},
                                              {"gone", End::passed}})};
  const std::vector<CategoryRun> head{run_of({{"broken", End::failed},
                                              {"mended", End::passed},
                                              {"flaky", End::failed},
                                              {"as before", End::failed}})};
  auto tests = compared(base, head);
  EXPECT_THAT(told(tests),
              UnorderedElementsAre(Pair("broken", Told::worse), Pair("mended", Told::better),
                                   Pair("flaky", Told::flaky), Pair("as before", Told::same),
                                   Pair("failed and gone", Told::other), Pair("gone", Told::worse)));
  EXPECT_TRUE(may_differ(base, head, "cow"));
  EXPECT_FALSE(may_differ(base, head, "thp"));
  leave_undecided(tests, "cow");
  EXPECT_THAT(told(tests),
              UnorderedElementsAre(Pair("broken", Told::undecided), Pair("mended", Told::undecided),
                                   Pair("flaky", Told::flaky), Pair("as before", Told::same),
                                   Pair("failed and gone", Told::undecided), Pair("gone", Told::undecided)));
}

TEST(Compare, TellsNothingOfAKernelAndItself) {
  const auto side = run_of({{"a", End::passed}, {"b", End::failed}, {"c", End::skipped}});
  const auto tests = compared({side}, {side});
  EXPECT_FALSE(may_differ({side}, {side}, "cow"));
  Outcome outcome;
  outcome.names = {"x", "y"};
  EXPECT_EQ(exit_code_of(outcome, tests), ExitCode::all_hold);
}

TEST(Compare, TakesAReportThatDoesNotComeForGood) {
  const auto tests = compared({run_of({})}, {run_of({{"kernel: WARNING", End::failed, "", {}, true}})});
  EXPECT_THAT(told(tests), UnorderedElementsAre(Pair("kernel: WARNING", Told::worse)));
}

TEST(Table, FitsIntoAPageAndNamesWhatDiffers) {
  const std::vector<std::string> words(20, std::string(90, 'x'));
  Outcome outcome;
  outcome.names = {"base", "head"};
  outcome.plan.not_built = {{"migration", "migration.c:12:10: fatal error: numa.h: No such file"}};
  const auto tests =
      compared({run_of({{"vmsplice() before fork()", End::passed}, {"even", End::skipped, "no swap"}})},
               {run_of({{"vmsplice() before fork()", End::failed, "exit=1", words},
                        {"even", End::skipped, "no swap"}})});
  const auto table = suite_table(outcome, tests);
  for (const auto line : split(table, '\n')) {
    EXPECT_LE(line.size(), 80U) << line;
  }
  EXPECT_THAT(table,
              HasSubstr("worse (1)\n  cow: vmsplice() before fork()\n      base passed; head failed\n"));
  EXPECT_THAT(table, HasSubstr("skipped (1)\n  cow: even\n      no swap\n"));
  EXPECT_THAT(table, HasSubstr("not built (1)\n  migration: migration.c:12:10"));
  EXPECT_THAT(table, Not(HasSubstr("better (")));
  EXPECT_EQ(exit_code_of(outcome, tests), ExitCode::refuted);
  const auto json = nlohmann::json::parse(suite_json(outcome, tests));
  EXPECT_EQ(json["tests"][0]["head"][0]["reason"], "exit=1");
  EXPECT_EQ(json["tests"][0]["told"], "worse");
}

TEST(Table, OfNothingThatRanIsNoSuccess) {
  Outcome outcome;
  outcome.names = {"base"};
  EXPECT_EQ(exit_code_of(outcome, compared({run_of({{"a", End::skipped}, {"b", End::not_run}})}, {})),
            ExitCode::nothing_ran);
}

TEST(Table, HasWhatEndedBeforeTheTroubleAndNamesTheRest) {
  Outcome outcome;
  outcome.names = {"base", "head"};
  outcome.base = {run_of({{"a", End::passed}})};
  outcome.head = {run_of({{"a", End::failed}})};
  outcome.missed = {{"cow", "cannot run cow: interrupted"}, {"thp", "the suite ended before"}};
  outcome.trouble = Error(Failure::interrupted, "cannot run cow: interrupted");
  const auto tests = compared(outcome);
  const auto table = suite_table(outcome, tests);
  EXPECT_THAT(table, HasSubstr("undecided (1)\n  cow: a\n"));
  EXPECT_THAT(table, HasSubstr("categories that did not run to the end (2)\n  cow\n      cannot run cow"));
  EXPECT_EQ(exit_code_of(outcome, tests), ExitCode::interrupted);
  const auto json = nlohmann::json::parse(suite_json(outcome, tests));
  EXPECT_EQ(json["tests"].size(), 1U);
  EXPECT_EQ(json["missed"][1]["category"], "thp");
  EXPECT_EQ(json["trouble"], "cannot run cow: interrupted");
}

TEST(Table, TakesBytesThatAreNoUtf8) {
  const std::string bytes = "na\xffme \xc3";
  Outcome outcome;
  outcome.names = {bytes};
  outcome.plan.suite = bytes;
  outcome.plan.not_built = {{bytes, bytes}};
  outcome.lacking = {{bytes, bytes, bytes}};
  outcome.notes = {bytes};
  outcome.missed = {{bytes, bytes}};
  outcome.base = {{bytes, {{bytes, End::failed, bytes, {bytes}}}}};
  const auto json = nlohmann::json::parse(suite_json(outcome, compared(outcome)));
  EXPECT_EQ(json["tests"][0]["test"], "na\uFFFDme \uFFFD");
  EXPECT_EQ(json["missed"][0]["category"], "na\uFFFDme \uFFFD");
}

}  // namespace
}  // namespace assay::suite
