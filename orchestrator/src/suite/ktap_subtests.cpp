// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/ktap_subtests.hpp"

#include "base/text.hpp"
#include "program/ktap.hpp"

#include <fmt/format.h>

namespace assay::suite {
namespace {

End end_of(program::TestEnd end) {
  switch (end) {
    case program::TestEnd::fail:
      return End::failed;
    case program::TestEnd::skip:
      return End::skipped;
    case program::TestEnd::pass:
    case program::TestEnd::xfail:
      break;
  }
  return End::passed;
}

void add_subtests(const std::string& above, const std::vector<program::TestResult>& results,
                  std::vector<TestEnd>& tests) {
  for (const auto& result : results) {
    const auto name = one_line(result.name.empty() ? fmt::format("{}", result.number) : result.name);
    tests.push_back(
        {above + ": " + name, end_of(result.end), one_line(result.reason), last_of(result.diagnostics)});
    add_subtests(above + ": " + name, result.subtests, tests);
  }
}

}  // namespace

std::vector<TestEnd> ktap_subtests(const std::string& above, const std::vector<std::string>& lines) {
  program::KtapParser parser;
  for (const auto& text : lines) {
    parser.feed(text + "\n");
  }
  std::vector<TestEnd> tests;
  add_subtests(above, parser.finish().tests, tests);
  return tests;
}

std::string last_words(const std::vector<std::string>& lines) {
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    const auto text = trimmed(*line);
    if (!text.empty() && text != "[SKIP]" && text != "[FAIL]" && text != "[PASS]") {
      return one_line(text);
    }
  }
  return "";
}

std::string skip_reason(const std::vector<std::string>& lines) {
  constexpr std::string_view mark = "# SKIP";
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    const auto at = line->find(mark);
    const auto why = at == std::string::npos ? std::string_view()
                                             : trimmed(std::string_view(*line).substr(at + mark.size()));
    if (!why.empty()) {
      return one_line(why);
    }
  }
  return last_words(lines);
}

}  // namespace assay::suite
