// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/program_output.hpp"

#include "suite/ktap_subtests.hpp"

#include <fmt/format.h>

namespace assay::suite {
namespace {

constexpr std::size_t most_printed = 100'000;  ///< lines
constexpr int skips = 4;                       ///< KSFT_SKIP of kselftest.h

}  // namespace

void ProgramReader::feed(std::string_view text) {
  lines_.feed(text, [this](std::string line) {
    if (printed_.size() < most_printed) {
      printed_.push_back(std::move(line));
    }
  });
}

std::vector<TestEnd> ProgramReader::finish(const ProgramEnd& end) {
  lines_.finish([this](std::string line) { printed_.push_back(std::move(line)); });
  TestEnd test{name_, End::passed, "", {}};
  if (!end.cut.empty()) {
    test.end = End::failed;
    test.reason = end.cut;
  } else if (end.code == skips) {
    test.end = End::skipped;
    test.reason = skip_reason(printed_);
  } else if (was_not_started(end.code)) {
    test.end = End::not_run;
    test.reason = last_words(printed_);
  } else if (end.code != 0) {
    test.end = End::failed;
    test.reason = fmt::format("exit={}", end.code);
  }
  if (test.end == End::failed) {
    test.text = last_of(printed_);
  }
  Results results;
  results.add(std::move(test));
  for (auto& subtest : ktap_subtests(name_, printed_)) {
    results.add(std::move(subtest));
  }
  return results.take();
}

}  // namespace assay::suite
