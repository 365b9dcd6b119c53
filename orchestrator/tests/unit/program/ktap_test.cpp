// SPDX-License-Identifier: GPL-2.0-or-later
// data/kunit-*.txt are from tools/testing/kunit/test_data of Linux 6.12, the others were printed by its
// selftests in a guest.
#include "program/ktap.hpp"

#include "golden.hpp"

#include <gtest/gtest.h>

namespace assay::program {
namespace {

std::string data(const std::string& name) {
  const auto text = read_file(fs::path(ASSAY_UNIT_TESTS) / "program/data" / (name + ".txt"));
  EXPECT_TRUE(text) << (text ? "" : text.error().text());
  return text ? *text : "";
}

TestReport parsed(std::string_view text) {
  KtapParser parser;
  parser.feed(text);
  return parser.finish();
}

struct Sum {
  std::size_t pass = 0;
  std::size_t fail = 0;
  std::size_t skip = 0;
  std::size_t xfail = 0;
  bool ok = true;
  bool operator==(const Sum&) const = default;
};

Sum sum_of(const TestReport& report) {
  return {report.count(TestEnd::pass), report.count(TestEnd::fail), report.count(TestEnd::skip),
          report.count(TestEnd::xfail), report.ok()};
}

void PrintTo(const Sum& sum, std::ostream* out) {
  *out << sum.pass << " pass, " << sum.fail << " fail, " << sum.skip << " skip, " << sum.xfail << " xfail, "
       << (sum.ok ? "ok" : "not ok");
}

TEST(Ktap, RealSelftests) {
  EXPECT_EQ(sum_of(parsed(data("close_range_test"))), (Sum{.pass = 9}));
  EXPECT_EQ(sum_of(parsed(data("mlock2-tests"))), (Sum{.pass = 13}));
  // Four tests of 2 GB in a guest of 512 MB.
  EXPECT_EQ(sum_of(parsed(data("mremap_test"))), (Sum{.pass = 12, .fail = 4, .xfail = 3, .ok = false}));
  const auto bailed_out = parsed(data("map_populate"));
  EXPECT_TRUE(bailed_out.tests.empty());
  EXPECT_FALSE(bailed_out.ok());
  EXPECT_EQ(bailed_out.problems.size(), 2U);
}

TEST(Ktap, WhatKunitsOwnParserMakesOfItsLogs) {
  EXPECT_EQ(sum_of(parsed(data("kunit-missing_plan"))), (Sum{.pass = 10}));
  EXPECT_EQ(sum_of(parsed(data("kunit-skip_tests"))), (Sum{.pass = 4, .skip = 1}));
  EXPECT_EQ(sum_of(parsed(data("kunit-skip_all_tests"))), (Sum{.skip = 5}));
  EXPECT_EQ(sum_of(parsed(data("kunit-failure"))), (Sum{.pass = 9, .fail = 1, .ok = false}));
  EXPECT_EQ(sum_of(parsed(data("kunit-strip_hyphen"))), (Sum{.pass = 2}));
  EXPECT_TRUE(parsed(data("kunit-all_passed_nested")).ok());
  EXPECT_TRUE(parsed(data("kunit-kselftest")).ok());
  const auto header = parsed(data("kunit-parse_subtest_header"));
  ASSERT_EQ(header.tests.size(), 1U);
  EXPECT_EQ(header.tests[0].name, "suite");
  ASSERT_EQ(header.tests[0].subtests.size(), 1U);
  EXPECT_EQ(header.tests[0].subtests[0].name, "test");
}

TEST(Ktap, Tables) {
  for (const auto* name : {"mremap_test", "map_populate", "kunit-failure", "kunit-skip_tests",
                           "kunit-all_passed_nested", "kunit-kselftest"}) {
    expect_golden(std::string("program/golden/") + name + ".table", result_table(parsed(data(name))));
  }
}

TEST(Ktap, AnyCutGivesTheSame) {
  const auto text = data("kunit-failure");
  const auto whole = result_table(parsed(text));
  for (std::size_t piece = 1; piece < 40; ++piece) {
    KtapParser parser;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      parser.feed(std::string_view(text).substr(at, piece));
    }
    EXPECT_EQ(result_table(parser.finish()), whole) << piece;
  }
}

TEST(Ktap, Directives) {
  const auto report = parsed(
      "KTAP version 1\n1..10\n"
      "ok 1 plain\n"
      "ok 2 - hyphen # a remark\n"
      "ok 3 named # SKIP no root\n"
      "not ok 4 also # skip no root\n"
      "ok 5 # SKIP the name stands behind\n"
      "not ok 6 known # TODO to be fixed\n"
      "ok 7 # XFAIL as expected\n"
      "ok 8 slow # TIMEOUT 45 seconds\n"
      "ok 9 sick # ERROR\n"
      "not ok 10 hash \\# in it\n");
  ASSERT_EQ(report.tests.size(), 10U);
  std::string ends;
  for (const auto& test : report.tests) {
    ends += std::string(name_of(test.end)) + " ";
  }
  EXPECT_EQ(ends, "pass pass skip skip skip xfail xfail FAIL FAIL FAIL ");
  EXPECT_EQ(report.tests[1].name, "hyphen");
  EXPECT_EQ(report.tests[2].reason, "no root");
  EXPECT_EQ(report.tests[4].name, "the name stands behind");
  EXPECT_EQ(report.tests[7].reason, "timeout: 45 seconds");
  EXPECT_EQ(report.tests[9].name, "hash \\# in it");
}

TEST(Ktap, MissingResultsAreFailures) {
  const auto report = parsed("TAP version 13\n1..3\nok 1 one\nok 2 two\n");
  EXPECT_FALSE(report.ok());
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_EQ(report.problems[0], "3 tests were planned, 2 gave a result");
  EXPECT_FALSE(parsed("").ok()) << "no results are no success";
  EXPECT_FALSE(parsed("TAP version 13\n1..0\n").ok());
  EXPECT_FALSE(parsed("  ok 1 inner\n").ok()) << "subtests of a test that never ended";
}

TEST(Ktap, APlanBehindTheResultsOrNone) {
  EXPECT_TRUE(parsed("TAP version 14\nok 1 one\nok 2 two\n1..2\n").ok());
  EXPECT_TRUE(parsed("ok 1 one\nok 2 two\n").ok());
  EXPECT_FALSE(parsed("ok 1 one\nok 2 two\n1..3\n").ok());
}

TEST(Ktap, AllSkipped) {
  const auto report = parsed("TAP version 13\n1..0 # SKIP needs hugepages\n");
  EXPECT_EQ(sum_of(report), (Sum{.skip = 1}));
  EXPECT_EQ(report.tests[0].reason, "needs hugepages");
}

TEST(Ktap, TwoDocumentsInARow) {
  EXPECT_EQ(sum_of(parsed("TAP version 13\n1..1\nok 1 a\nTAP version 13\n1..2\nok 1 b\nok 2 c\n")),
            (Sum{.pass = 3}));
  EXPECT_FALSE(parsed("TAP version 13\n1..2\nok 1 a\nTAP version 13\n1..1\nok 1 b\n").ok());
}

TEST(Ktap, AWholeDocumentMayBeIndented) {
  const auto report = parsed(
      "\t\tKTAP version 1\n\t\t1..2\n\t\t\t# Subtest: red\n\t\t\t1..1\n\t\t\tok 1 a\n\t\tok 1 red\n"
      "\t\tok 2 blue\n");
  EXPECT_EQ(sum_of(report), (Sum{.pass = 2}));
  ASSERT_EQ(report.tests.size(), 2U);
  EXPECT_EQ(report.tests[0].subtests.size(), 1U);
}

TEST(Ktap, StampsOfTheKernelAreReadOver) {
  const std::string document =
      "KTAP version 1\n1..1\n    KTAP version 1\n    # Subtest: pond\n    1..2\n    ok 1 shallow\n"
      "    not ok 2 deep\nnot ok 1 pond\n";
  for (const std::string stamp :
       {"[    1.250000] ", "[12345.678901][    T1] ", "<6>[    0.000000] ", "<6>[1.5][C0] "}) {
    std::string stamped;
    for (const char c : "\n" + document) {
      stamped += c;
      stamped += c == '\n' ? stamp : "";
    }
    const auto report = parsed(stamped);
    EXPECT_EQ(sum_of(report), (Sum{.pass = 1, .fail = 1, .ok = false})) << stamp;
    ASSERT_EQ(report.tests.size(), 1U) << stamp;
    EXPECT_EQ(report.tests[0].subtests.size(), 2U) << stamp;
  }
  EXPECT_EQ(sum_of(parsed("[FAIL] ok 1 no stamp\nok 1 real\n")), (Sum{.pass = 1}));
}

TEST(Ktap, WhatTheRunnerOfSelftestsPrints) {
  const auto report = parsed(
      "TAP version 13\n1..2\n# timeout set to 45\n# selftests: mm: brook\n# TAP version 13\n# 1..2\n"
      "# ok 1 shallow\n# # a remark\n# not ok 2 deep\n# # Totals: pass:1 fail:1\nnot ok 1 selftests: mm: "
      "brook # exit=1\n"
      "# selftests: mm: heath\n# ok 1 is what it said, and no number 7\n# all good\nok 2 selftests: mm: "
      "heath\n");
  ASSERT_EQ(report.tests.size(), 2U);
  EXPECT_EQ(sum_of(report), (Sum{.pass = 2, .fail = 1, .ok = false}));
  ASSERT_EQ(report.tests[0].subtests.size(), 2U);
  EXPECT_EQ(report.tests[0].subtests[1].name, "deep");
  EXPECT_EQ(report.tests[0].subtests[1].diagnostics, (std::vector<std::string>{"# a remark"}));
  EXPECT_TRUE(report.problems.empty());
  // A remark that is none of a result.
  EXPECT_EQ(sum_of(parsed("1..1\n# ok then\n# 1..\n# not ok, says who\nok 1 a\n")), (Sum{.pass = 1}));
}

TEST(Ktap, AnEmptySubtestIsAProblem) {
  for (const std::string inner : {"    KTAP version 1\n    # Subtest: empty\n    1..0\n",
                                  "    # Subtest: empty\n", "    KTAP version 1\n", "# Subtest: empty\n"}) {
    const auto report = parsed("KTAP version 1\n1..1\n" + inner + "ok 1 empty\n");
    EXPECT_FALSE(report.ok()) << inner;
    EXPECT_EQ(report.problems,
              (std::vector<std::string>{"empty: subtests were announced, and none gave a result"}))
        << inner;
  }
  EXPECT_TRUE(parsed("1..1\n    KTAP version 1\n    1..0 # SKIP no pond\nok 1 empty\n").ok());
  EXPECT_TRUE(parsed("1..1\n    KTAP version 1\n    # Subtest: empty\nok 1 empty # SKIP no pond\n").ok());
  EXPECT_TRUE(parsed("1..1\n# Subtest: full\n    ok 1 a\nok 1 full\n").ok());
}

TEST(Ktap, AResultHasTheNumberOfItsPlace) {
  EXPECT_EQ(parsed("1..1\nok 5 a\n").problems,
            (std::vector<std::string>{"the result of test 5 came where that of test 1 belongs"}));
  EXPECT_EQ(parsed("ok 1 a\nok 1 b\nok 1 c\n").problems.size(), 1U) << "said once";
  EXPECT_EQ(parsed("ok 0 a\n").problems.size(), 1U);
  EXPECT_EQ(parsed("1..1\n    # Subtest: red\n    1..2\n    ok 2 b\n    ok 1 a\nok 1 red\n").problems,
            (std::vector<std::string>{"red: the result of test 2 came where that of test 1 belongs"}));
  EXPECT_TRUE(parsed("TAP version 13\n1..1\nok 1 a\nTAP version 13\n1..1\nok 1 b\n").ok());
  EXPECT_TRUE(parsed("1..3\nok 1 a\nok b\nok 3 c\n").ok());
}

TEST(Ktap, APlanThatNoNumberHoldsIsNotMet) {
  EXPECT_EQ(parsed("1..99999999999999999999\nok 1 a\n").problems,
            (std::vector<std::string>{"18446744073709551615 tests were planned, 1 gave a result"}));
}

TEST(Ktap, ProblemsAreBounded) {
  std::string text;
  for (int i = 0; i < 5000; ++i) {
    text += "Bail out!\n";
  }
  EXPECT_EQ(parsed(text).problems.size(), 1000U);
}

TEST(Ktap, DocumentsInDocuments) {
  const auto report =
      parsed("1..1\n# 1..1\n# # 1..2\n# # ok 1 a\n# # ok 2 b\n# # # a remark\n# ok 1 in\nok 1 out\n");
  EXPECT_EQ(sum_of(report), (Sum{.pass = 2}));
  EXPECT_EQ(sum_of(parsed("# # # # remark\n1..1\nok 1 a\n")), (Sum{.pass = 1}));
}

TEST(Ktap, OnePlannedTestIsSingular) {
  EXPECT_EQ(parsed("1..1\n").problems, (std::vector<std::string>{"1 test was planned, 0 gave a result"}));
}

TEST(Ktap, HostileText) {
  const auto report =
      parsed(std::string("ok 99999999999999999999 big\nok\nnot ok\n1..x\n1..99999999999999999999\n") +
             std::string(100'000, 'x') + "\nok 3 \x1b[2J\x01\n");
  EXPECT_EQ(report.tests.size(), 4U);
  EXPECT_EQ(report.problems.size(), 2U);
  EXPECT_EQ(report.tests[3].name, "\\x1b[2J\\x01");
  std::string deep;
  for (std::size_t i = 0; i < 1000; ++i) {
    deep += std::string(i, ' ') + "ok 1 deeper\n";
  }
  EXPECT_FALSE(parsed(deep).ok());
}

}  // namespace
}  // namespace assay::program
