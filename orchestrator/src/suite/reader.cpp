// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

namespace assay::suite {

std::string_view name_of(End end) {
  switch (end) {
    case End::passed:
      return "passed";
    case End::failed:
      return "failed";
    case End::skipped:
      return "skipped";
    case End::not_run:
      break;
  }
  return "not run";
}

void Results::add(TestEnd test) {
  if (tests_.size() == most_results) {
    ++left_out_;
    return;
  }
  const auto name = test.name;
  // Somebody may be called like that already.
  for (auto times = ++times_[name]; times > 1; times = ++times_[name]) {
    test.name = fmt::format("{} ({})", name, times);
    if (times_.emplace(test.name, 1).second) {
      break;
    }
  }
  tests_.push_back(std::move(test));
}

std::vector<TestEnd> Results::take() {
  if (left_out_ > 0) {
    tests_.push_back(
        {"further results",
         End::not_run,
         fmt::format("{} results are left out: the first {} of a category are read", left_out_, most_results),
         {}});
  }
  return std::move(tests_);
}

void keep_last(std::vector<std::string>& lines, std::string line) {
  constexpr std::ptrdiff_t kept = 1000;
  if (std::ssize(lines) == 2 * kept) {
    lines.erase(lines.begin(), lines.begin() + kept);
  }
  lines.push_back(std::move(line));
}

bool was_not_started(int exit_code) {
  constexpr int not_executable = 126;
  constexpr int not_found = 127;
  return exit_code == not_executable || exit_code == not_found;
}

std::vector<std::string> last_of(const std::vector<std::string>& lines) {
  constexpr std::size_t kept_lines = 12;
  constexpr std::size_t longest = 500;
  std::vector<std::string> last;
  for (auto at = lines.size() - std::min(kept_lines, lines.size()); at < lines.size(); ++at) {
    last.push_back(lines[at].substr(0, longest));
  }
  return last;
}

}  // namespace assay::suite
