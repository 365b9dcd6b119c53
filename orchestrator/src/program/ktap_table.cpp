// SPDX-License-Identifier: GPL-2.0-or-later
#include "program/ktap.hpp"

#include <fmt/format.h>

namespace assay::program {
namespace {

void add_lines(std::string& text, const std::vector<TestResult>& tests, std::size_t depth) {
  for (const auto& test : tests) {
    text += fmt::format("{:<6}{:{}}{} {}{}\n", name_of(test.end), "", depth * 2, test.number, test.name,
                        test.reason.empty() ? "" : ": " + test.reason);
    for (const auto& line : test.diagnostics) {
      text += fmt::format("{:{}}{}\n", "", 8 + depth * 2, line);
    }
    add_lines(text, test.subtests, depth + 1);
  }
}

}  // namespace

std::string result_table(const TestReport& report) {
  std::string text;
  add_lines(text, report.tests, 0);
  for (const auto& problem : report.problems) {
    text += fmt::format("FAIL  {}\n", problem);
  }
  std::size_t all = 0;
  std::string sum;
  for (const auto end : {TestEnd::pass, TestEnd::fail, TestEnd::skip, TestEnd::xfail}) {
    const std::size_t count = report.count(end);
    all += count;
    sum +=
        fmt::format("{}{} {}", sum.empty() ? "" : ", ", count, end == TestEnd::fail ? "fail" : name_of(end));
  }
  if (all == 0) {
    return text + "no test results in the output\n";
  }
  return text + fmt::format("{} test{}: {}\n", all, all == 1 ? "" : "s", sum);
}

}  // namespace assay::program
