// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/stress_output.hpp"

#include "base/text.hpp"
#include "suite/ktap_subtests.hpp"

#include <fmt/format.h>

#include <array>

namespace assay::suite {
namespace {

struct Code {
  End end = End::failed;
  std::string_view why;
};

/// By exit code: stress-ng(1), "EXIT STATUS".
constexpr std::array<Code, 8> codes{
    {{End::passed, ""},
     {End::not_run, "stress-ng did not take its options, or lacked resources"},
     {End::failed, "a check of the stressor failed"},
     {End::skipped, "resources are missing"},
     {End::skipped, "it is not implemented here"},
     {End::failed, "the stressor was killed by an unexpected signal"},
     {End::failed, "the stressor ended with an unexpected exit"},
     {End::passed, "its figures are not to be trusted"}}};

/// "stress-ng: fail:  [83] brk: cannot ..." without what is another in each run; "" for lines of another
/// kind.
std::string said(std::string_view line, std::string_view kind) {
  const auto begin = "stress-ng: " + std::string(kind) + ":";
  if (!line.starts_with(begin)) {
    return "";
  }
  auto text = trimmed(line.substr(begin.size()));
  if (text.starts_with('[')) {
    text = trimmed(text.substr(std::min(text.size(), text.find(']') + 1)));
  }
  return one_line(text);
}

}  // namespace

void StressReader::feed(std::string_view text) {
  lines_.feed(text, [this](std::string one) { line(std::move(one)); });
}

void StressReader::line(std::string text) {
  for (const auto* kind : {"fail", "error"}) {
    if (failure_.empty()) {
      failure_ = said(text, kind);
    }
  }
  for (const auto* kind : {"info", "warn", "skipped"}) {
    const auto words = said(text, kind);
    const bool counts = words.starts_with("skipped: ") || words.ends_with("skipped: 0");
    const bool skips = words.find("skip") != std::string::npos && !counts;
    if (skipped_.empty() && skips) {
      skipped_ = words;
    }
  }
  keep_last(printed_, std::move(text));
}

std::vector<TestEnd> StressReader::finish(const ProgramEnd& end) {
  lines_.finish([this](std::string one) { line(std::move(one)); });
  TestEnd test{name_, End::failed, end.cut, {}};
  const auto code = static_cast<std::size_t>(end.code);
  if (!end.cut.empty()) {
    // why it was cut is all there is to say
  } else if (end.code >= 0 && code < codes.size()) {
    test.end = codes.at(code).end;
    const auto& own = test.end == End::skipped ? skipped_ : failure_;
    test.reason = code == 0 ? "" : own.empty() ? std::string(codes.at(code).why) : own;
  } else if (was_not_started(end.code)) {
    test.end = End::not_run;
    test.reason = last_words(printed_);
  } else {
    test.reason = fmt::format("exit={}", end.code);
  }
  if (test.end == End::failed) {
    test.text = last_of(printed_);
  }
  Results results;
  results.add(std::move(test));
  return results.take();
}

}  // namespace assay::suite
