// SPDX-License-Identifier: GPL-2.0-or-later
// What run_vmtests.sh prints, cut anywhere, and what it says that it runs.
#include "suite/output.hpp"

#include "suite/script.hpp"

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

std::vector<std::string> read(const std::string& text, std::string_view why = "") {
  OutputReader reader;
  for (const char c : text) {
    reader.feed(std::string_view(&c, 1));
  }
  return lines_of(reader.finish(why));
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
