// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/program_judge.hpp"

#include "base/text.hpp"
#include "program/figure_names.hpp"
#include "trial/time_out.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace assay::trial {
namespace {

using program::TestEnd;
using program::TestResult;

/// What the kernel's selftests end with when this kernel or machine cannot run them.
constexpr std::int32_t skip_code = 4;
constexpr std::size_t most_tests = 1000;
constexpr std::size_t longest_test_name = 200;
constexpr std::size_t longest_detail = 500;

struct Tally {
  std::string_view figure;
  TestEnd end;
};
constexpr std::array tallies{Tally{"ktap.passed", TestEnd::pass}, Tally{"ktap.failed", TestEnd::fail},
                             Tally{"ktap.skipped", TestEnd::skip}, Tally{"ktap.xfailed", TestEnd::xfail}};

/// "suite/test"; a result line without a name is called by its number.
void add_leaves(const std::vector<TestResult>& tests, const std::string& above,
                std::vector<std::pair<std::string, const TestResult*>>& leaves) {
  for (const auto& test : tests) {
    const auto name =
        (above + (test.name.empty() ? fmt::to_string(test.number) : test.name)).substr(0, longest_test_name);
    if (test.subtests.empty()) {
      leaves.emplace_back(one_line(name).substr(0, longest_test_name), &test);
    } else {
      add_leaves(test.subtests, name + "/", leaves);
    }
  }
}

std::string detail_of(const TestResult& test) {
  std::vector<std::string> parts;
  if (!test.reason.empty()) {
    parts.push_back(one_line(test.reason));
  }
  for (const auto& line : test.diagnostics) {
    parts.push_back(one_line(line));
  }
  return fmt::to_string(fmt::join(parts, " | ")).substr(0, longest_detail);
}

std::string sum_of(const program::TestReport& tests,
                   const std::vector<std::pair<std::string, const TestResult*>>& leaves) {
  constexpr std::size_t most_named = 5;
  std::vector<std::string> parts;
  for (const auto& [name, test] : leaves) {
    if (test->end == TestEnd::fail && parts.size() < most_named) {
      parts.push_back(name);
    }
  }
  const auto failed = tests.count(TestEnd::fail);
  if (failed > parts.size()) {
    parts.push_back(fmt::format("{} more", failed - parts.size()));
  }
  const auto names = fmt::format("{} of {} test{} failed: {}", failed, leaves.size(), plural(leaves.size()),
                                 fmt::join(parts, ", "));
  const auto problem = tests.problems.empty() ? std::string("there are no results")
                                              : one_line(tests.problems.front()).substr(0, longest_detail);
  return failed > 0 ? names : problem;
}

}  // namespace

ProgramJudge::ProgramJudge(const OrderedProgram& program) : tests_(program.tests), output_(program.figures) {}

void ProgramJudge::hear(const link::Output& output) {
  if (output.stream == link::Stream::out) {
    output_.feed_out(output.bytes);
  } else {
    output_.feed_err(output.bytes);
  }
}

/// A test that failed before the rest was skipped did fail.
bool ProgramJudge::skips(const TrialRecord& record, const program::TestReport* tests) const {
  return ended_ && ended_->how == link::ProgramEnd::exited && ended_->code == skip_code &&
         (record.outcome == Outcome::pass || record.outcome == Outcome::fail) &&
         (tests == nullptr || tests->count(TestEnd::fail) == 0);
}

CheckResult ProgramJudge::exit_result(const TrialRecord& record) const {
  CheckResult check{std::string(program::exit_check), false, {}};
  if (!ended_) {
    check.detail = record.reason;
  } else if (ended_->how == link::ProgramEnd::signalled) {
    check.detail = fmt::format("ended by signal {}: {}", ended_->code, one_line(ended_->reason));
  } else {
    check.ok = ended_->code == 0;
    check.detail = check.ok ? "" : fmt::format("exit code {}", ended_->code);
  }
  const auto last = check.ok ? std::string() : output_.end();
  check.detail += last.empty() ? "" : ", and its output ends: " + last;
  return check;
}

void ProgramJudge::add_tests(TrialRecord& record, const program::TestReport& tests) const {
  for (const auto& tally : tallies) {
    record.counters.push_back({std::string(tally.figure), static_cast<std::int64_t>(tests.count(tally.end))});
  }
  std::vector<std::pair<std::string, const TestResult*>> leaves;
  add_leaves(tests.tests, "", leaves);
  const bool ok = tests.ok();
  record.checks.push_back({std::string(program::ktap_check), ok, ok ? "" : sum_of(tests, leaves)});
  std::map<std::string, unsigned> used;
  for (const auto& check : record.checks) {
    used[check.name] = 1;
  }
  std::size_t added = 0;
  for (const auto& [name, test] : leaves) {
    const auto count = ++used[name];
    auto unique = count == 1 ? name : fmt::format("{} ({})", name, count);
    const bool is_declared = std::ranges::find(tests_, unique) != tests_.end();
    const bool was_run = test->end == TestEnd::pass || test->end == TestEnd::fail;
    if (was_run && (is_declared || added < most_tests)) {
      record.checks.push_back({std::move(unique), test->end == TestEnd::pass, detail_of(*test)});
      ++added;
    }
  }
}

void ProgramJudge::conclude(TrialRecord& record) {
  const auto tests = output_.finish();
  if (ended_) {
    const bool exited = ended_->how == link::ProgramEnd::exited;
    record.counters.push_back({"exit_code", exited ? ended_->code : 128 + (ended_->code & 0x7f)});
    record.counters.push_back({"signal", exited ? 0 : ended_->code});
  }
  for (const auto& figure : output_.figures()) {
    record.counters.push_back({figure.name, figure.value});
  }
  if (skips(record, tests ? &*tests : nullptr)) {
    record.outcome = Outcome::skip;
    record.reason =
        fmt::format("the program ended with exit code 4, for \"cannot run here\": {}", output_.end());
    record.checks.clear();
    return;
  }
  if (!ended_ && !timed_out(record)) {  // it was skipped, refused, or its worker did not end well
    record.reason += output_.end().empty() ? "" : ", and its output ends: " + output_.end();
    return;
  }
  record.checks.insert(record.checks.begin(), exit_result(record));
  if (tests) {
    add_tests(record, *tests);
  }
}

}  // namespace assay::trial
