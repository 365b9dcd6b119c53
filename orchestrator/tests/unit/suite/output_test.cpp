// SPDX-License-Identifier: GPL-2.0-or-later
// What suites print, cut anywhere, and what run_vmtests.sh says that it runs.
#include "suite/dialect.hpp"

#include "suite/vmtests_script.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace assay::suite {
namespace {

using testing::ElementsAre;

std::vector<std::string> lines_of(const std::vector<TestEnd>& tests) {
  std::vector<std::string> lines;
  for (const auto& test : tests) {
    lines.push_back(test.name + " | " + std::string(name_of(test.end)) + " | " + test.reason);
  }
  return lines;
}

/// Fed byte by byte.
std::vector<TestEnd> ends_of(Dialect dialect, const std::string& text, const ProgramEnd& end = {}) {
  const auto reader = make_reader(dialect, "it");
  for (const char c : text) {
    reader->feed(std::string_view(&c, 1));
  }
  return reader->finish(end);
}

std::vector<std::string> read(const std::string& text, const std::string& why = "") {
  return lines_of(ends_of(Dialect::vmtests, text, {why, 0}));
}

std::vector<std::string> read(Dialect dialect, const std::string& text, int code) {
  return lines_of(ends_of(dialect, text, {"", code}));
}

/// What stands above the output of a test.
std::string title(const std::string& command, const std::string& before, char letter = '-') {
  const auto text = "running " + command;
  const auto ruler = before + "-" + std::string(text.size() - 1, letter) + "\n";
  return ruler + before + text + "\n" + ruler;
}

TEST(Output, OfNewerScriptsIsTapWithSubtests) {
  const auto text =
      "TAP version 13\n" + title("./cow", "# ") +
      "# TAP version 13\n# # [INFO] nothing\n# 1..3\n"
      "# ok 1 deep\n# not ok 2 deeper\n# ok 3 deepest # SKIP no gup_test\n"
      "# [FAIL]\nnot ok 1 cow # exit=1\n" +
      title("./hmm-tests", "# ") + "# Module test_hmm not found\n# [SKIP]\nok 2 hmm-tests # SKIP\n" +
      title("./khugepaged", "# ", 'n') +
      "# ./run_vmtests.sh: line 9: ./khugepaged: No such file or directory\n"
      "# [FAIL]\nnot ok 3 khugepaged # exit=127\n" +
      title("./mdwe_test", "# ") + "# [PASS]\nok 4 mdwe_test\n# SUMMARY: PASS=1 SKIP=1 FAIL=2\n1..4\n";
  EXPECT_THAT(
      read(text),
      ElementsAre("cow | failed | exit=1", "cow: deep | passed | ", "cow: deeper | failed | ",
                  "cow: deepest | skipped | no gup_test", "hmm-tests | skipped | Module test_hmm not found",
                  "khugepaged | not run | ./run_vmtests.sh: line 9: ./khugepaged: No such file or directory",
                  "mdwe_test | passed | "));
}

TEST(Output, OfOlderScriptsHasMarks) {
  EXPECT_THAT(
      read(title("./mlock2-tests", "") + "hello\n[PASS]\n" + title("bash ./test_vmalloc.sh smoke", "") +
           "[PASS]\nno module\n[SKIP]\n" + title("./x", "") + "[FAIL]\nSUMMARY: PASS=1 SKIP=1 FAIL=1\n"),
      ElementsAre("mlock2-tests | passed | ", "test_vmalloc.sh smoke | skipped | no module",
                  "x | failed | "));
}

TEST(Output, ThatEndsInATestSaysWhy) {
  EXPECT_THAT(read("TAP version 13\n" + title("./migration", "# ") + "# hel", "the guest died: panic"),
              ElementsAre("migration | failed | the guest died: panic"));
}

TEST(Output, KeepsTestsOfOneNameApart) {
  const auto one = title("./gup_test -u", "# ") + "# [PASS]\nok 1 gup_test -u\n";
  EXPECT_THAT(read("TAP version 13\n" + one + one),
              ElementsAre("gup_test -u | passed | ", "gup_test -u (2) | passed | "));
}

TEST(Output, IsBoundedAndSaysSo) {
  Results results;
  for (std::size_t i = 0; i < most_results + 7; ++i) {
    results.add({"same", End::passed, "", {}});
  }
  const auto tests = results.take();
  ASSERT_EQ(tests.size(), most_results + 1);
  EXPECT_EQ(tests[0].name, "same");
  EXPECT_EQ(tests[1].name, "same (2)");
  EXPECT_EQ(tests[most_results - 1].name, "same (20000)");
  EXPECT_EQ(tests.back().end, End::not_run);
  EXPECT_EQ(tests.back().reason, "7 results are left out: the first 20000 of a category are read");
}

TEST(Output, KeepsApartWhatIsCalledLikeANumberedOne) {
  Results results;
  for (const auto* name : {"x (2)", "x", "x", "x (2)", "x"}) {
    results.add({name, End::passed, "", {}});
  }
  EXPECT_THAT(lines_of(results.take()), ElementsAre("x (2) | passed | ", "x | passed | ", "x (3) | passed | ",
                                                    "x (2) (2) | passed | ", "x (4) | passed | "));
}

TEST(Program, EndsByItsExitCodeWithItsSubtests) {
  const std::string tap = "TAP version 13\n1..2\nok 1 one\n# why\nnot ok 2 two\n";
  EXPECT_THAT(read(Dialect::kselftest, tap, 1),
              ElementsAre("it | failed | exit=1", "it: one | passed | ", "it: two | failed | "));
  EXPECT_THAT(read(Dialect::kselftest, "memfd: CREATE\nmemfd: DONE\n", 0), ElementsAre("it | passed | "));
  EXPECT_THAT(read(Dialect::kselftest, "no KVM here\n", 4), ElementsAre("it | skipped | no KVM here"));
  EXPECT_THAT(read(Dialect::kselftest, "1..0 # SKIP no swap\n", 4),
              ElementsAre("it | skipped | no swap", "it: all tests | skipped | no swap"));
  EXPECT_THAT(read(Dialect::kselftest, "/selftests/start: ./it: No such file or directory\n", 127),
              ElementsAre("it | not run | /selftests/start: ./it: No such file or directory"));
  EXPECT_THAT(
      lines_of(ends_of(Dialect::kselftest, tap, {"the guest died: panic", 0})),
      ElementsAre("it | failed | the guest died: panic", "it: one | passed | ", "it: two | failed | "));
}

TEST(Ltp, ResultsOfBothLibrariesAreByPlace) {
  EXPECT_THAT(read(Dialect::ltp,
                   "tst_test.c:1733: TINFO: LTP version: 20240524\n"
                   "mmap01.c:54: TPASS: mapped at 0x7f1200000000\n"
                   "mmap01.c:54: TPASS: mapped at 0x7f3400000000\n"
                   "mmap01.c:60: TPASS: once\nmmap01.c:60: TFAIL: not twice: ENOMEM (12)\n"
                   "mmap01.c:70: \x1b[1;33mTCONF: \x1b[0mno huge pages\n"
                   "\nSummary:\npassed   3\nfailed   1\nbroken   0\n",
                   1),
              ElementsAre("it | failed | exit=1 (TFAIL)", "it: mmap01.c:54 | passed | ",
                          "it: mmap01.c:60 | failed | TFAIL: not twice: ENOMEM (12)",
                          "it: mmap01.c:70 | skipped | no huge pages"));
  EXPECT_THAT(read(Dialect::ltp,
                   "mmapstress01    0  TINFO  :  hello\nmmapstress01    1  TPASS  :  Test passed\n"
                   "cpuset01 2 TBROK: cannot mount\n",
                   2),
              ElementsAre("it | failed | exit=2 (TBROK)", "it: mmapstress01 1 | passed | ",
                          "it: cpuset01 2 | failed | TBROK: cannot mount"));
}

TEST(Ltp, EndsByItsExitCode) {
  EXPECT_THAT(read(Dialect::ltp, "swapon01.c:9: TCONF: no swap\n", 32),
              ElementsAre("it | skipped | no swap", "it: swapon01.c:9 | skipped | no swap"));
  EXPECT_THAT(read(Dialect::ltp, "", 0), ElementsAre("it | passed | "));
  EXPECT_THAT(read(Dialect::ltp, "", 6), ElementsAre("it | failed | exit=6 (TBROK and TWARN)"));
  EXPECT_THAT(read(Dialect::ltp, "", 139), ElementsAre("it | failed | exit=139"));
  EXPECT_THAT(read(Dialect::ltp, "sh: mem01: not found\n", 127),
              ElementsAre("it | not run | sh: mem01: not found"));
  EXPECT_THAT(read(Dialect::ltp, "I said TPASS: well\nTFAIL in a sentence\n", 0),
              ElementsAre("it | passed | "));
}

TEST(Stress, EndsAsItsManualSays) {
  const auto end = [](int code, const std::string& text = "") {
    return read(Dialect::stress, text, code).at(0);
  };
  EXPECT_EQ(end(0, "stress-ng: info:  [9] successful run completed in 1.05s\n"), "it | passed | ");
  EXPECT_EQ(end(1), "it | not run | stress-ng did not take its options, or lacked resources");
  EXPECT_EQ(end(2, "stress-ng: fail:  [12] it: page 3 is not zero\nstress-ng: fail:  [13] it: later\n"),
            "it | failed | it: page 3 is not zero");
  EXPECT_EQ(end(3), "it | skipped | resources are missing");
  EXPECT_EQ(end(3,
                "stress-ng: info:  [12] it: cannot open swap, skipping stressor\n"
                "stress-ng: info:  [9] skipped: 1: it (1)\n"),
            "it | skipped | it: cannot open swap, skipping stressor");
  EXPECT_EQ(end(4), "it | skipped | it is not implemented here");
  EXPECT_EQ(end(5), "it | failed | the stressor was killed by an unexpected signal");
  EXPECT_EQ(end(7), "it | passed | its figures are not to be trusted");
  EXPECT_EQ(end(99), "it | failed | exit=99");
}

TEST(Script, NamesItsTestsByCategory) {
  const auto tests = planned_tests(
      "run_test() {\n\tif test_selected ${CATEGORY}; then\n"
      "CATEGORY=\"hugetlb\" run_test ./hugepage-mmap\n"
      "\tCATEGORY=\"mlock\" run_test sudo -u nobody ./on-fault-limit\n"
      "CATEGORY=\"gup_test\" run_test ./gup_test \\\n   $huge\n"
      "CATEGORY=\"vmalloc\" run_test bash ./test_vmalloc.sh smoke\n"
      "CATEGORY=\"hugetlb\" run_test ${bin} \"$half\" 32\n");
  std::vector<std::string> words;
  for (const auto& test : tests) {
    words.push_back(test.category + " | " + test.name + " | " + test.program);
  }
  EXPECT_THAT(words, ElementsAre("hugetlb | hugepage-mmap | hugepage-mmap",
                                 "mlock | sudo -u nobody ./on-fault-limit | on-fault-limit",
                                 "gup_test | gup_test     $huge | gup_test",
                                 "vmalloc | test_vmalloc.sh smoke | test_vmalloc.sh",
                                 "hugetlb | ${bin} \"$half\" 32 | "));
  EXPECT_THAT(categories_of(tests), ElementsAre("hugetlb", "mlock", "gup_test", "vmalloc"));
}

}  // namespace
}  // namespace assay::suite
