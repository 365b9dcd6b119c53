// SPDX-License-Identifier: GPL-2.0-or-later
#include "program/ktap.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <utility>

namespace assay::program {
namespace {

constexpr std::size_t most_results = 1'000'000;
constexpr std::size_t kept_diagnostics = 20;
constexpr std::size_t most_problems = 1000;
constexpr std::size_t most_levels = 64;  ///< of subtests; what is deeper counts on the last
constexpr std::string_view subtest_mark = "# Subtest: ";

/// A number at the front of `text`, which is taken off it; the highest that there is for one that is higher.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::invalid_argument) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc{} ? number : std::numeric_limits<std::uint64_t>::max();
}

bool take_word(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word) || (text.size() > word.size() && text[word.size()] != ' ')) {
    return false;
  }
  text = trimmed(text.substr(word.size()));
  return true;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return std::tolower(c); });
  return result;
}

/// "SKIP no root" behind the "#" of a result line.
struct Directive {
  std::string word;  ///< in capitals; "" when there is none that has a meaning
  std::string_view rest;
};

Directive directive_of(std::string_view text) {
  const std::string small = lower(text);
  for (const std::string_view word : {"SKIP", "XFAIL", "TODO", "TIMEOUT", "ERROR"}) {
    const std::string wanted = lower(word);
    if (!small.starts_with(wanted)) {
      continue;
    }
    // "SKIPPED" is fine with TAP; "skipping the rest of it" is a remark.
    const std::size_t end = std::min(small.find_first_of(" :"), small.size());
    if (end == wanted.size() || small.substr(0, end) == wanted + "ped") {
      return {std::string(word), trimmed(text.substr(std::min(end + 1, text.size())))};
    }
  }
  return {"", text};
}

/// Columns of white space at the front; KUnit indents with tabs in places.
std::size_t indentation(std::string_view text) {
  constexpr std::size_t tab = 8;
  std::size_t columns = 0;
  for (const char c : text) {
    if (c != ' ' && c != '\t') {
      break;
    }
    columns = c == '\t' ? (columns / tab + 1) * tab : columns + 1;
  }
  return columns;
}

/// "[    1.250000] " and "<6>[    1.250000][   T1] ", as printk() puts them before a line, taken off.
std::string_view behind_stamp(std::string_view text) {
  if (const std::size_t level = text.find('>'); text.starts_with('<') && level <= 4) {
    text.remove_prefix(level + 1);
  }
  auto rest = text;
  while (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    constexpr std::size_t longest = 24;
    if (end > longest ||  // npos is, too
        rest.substr(1, end - 1).find_first_not_of(" 0123456789.TC") != std::string_view::npos) {
      return text;
    }
    rest.remove_prefix(end + 1);
  }
  return rest.size() < text.size() && rest.starts_with(' ') ? rest.substr(1) : text;
}

bool is_version(std::string_view words) {
  return words.starts_with("KTAP version ") || words.starts_with("TAP version ");
}

bool is_result(std::string_view words) {
  return words.starts_with("ok ") || words.starts_with("not ok ") || words == "ok" || words == "not ok";
}

/// Whether this is a line of a document when it stands inside of another, and no remark: results have numbers
/// there.
bool is_embedded(std::string_view words) {
  if (words.starts_with("1..")) {
    const auto rest = words.substr(3);
    return !rest.empty() && rest.find_first_not_of("0123456789") == std::string_view::npos;
  }
  const std::size_t number = words.starts_with("ok ") ? 3 : words.starts_with("not ok ") ? 7 : words.size();
  return is_version(words) || words.starts_with(subtest_mark) ||
         (number < words.size() && std::isdigit(static_cast<unsigned char>(words[number])) != 0);
}

struct Line {
  std::size_t indent = 0;
  std::string_view words;
};

/// Without the "# " of all documents around; as it is when it belongs to none inside.
Line innermost(const Line& line) {
  Line inner = line;
  while (inner.words.starts_with("# ") && !inner.words.starts_with(subtest_mark)) {
    inner.words.remove_prefix(2);
    inner.indent += 2 + indentation(inner.words);
    inner.words = trimmed(inner.words);
  }
  return is_embedded(inner.words) ? inner : line;
}

/// Where the directive or remark begins: a "#" with a space before it, or the first character.
std::size_t hash_of(std::string_view text) {
  if (text.starts_with('#')) {
    return 0;
  }
  for (std::size_t at = text.find(" #"); at != std::string_view::npos; at = text.find(" #", at + 1)) {
    if (at == 0 || text[at - 1] != '\\') {
      return at + 1;
    }
  }
  return text.size();
}

TestEnd end_of(bool ok, const std::string& directive) {
  if (directive == "SKIP") {
    return TestEnd::skip;
  }
  if (directive == "XFAIL" || directive == "TODO") {
    return ok && directive == "TODO" ? TestEnd::pass : TestEnd::xfail;
  }
  return ok && directive.empty() ? TestEnd::pass : TestEnd::fail;
}

std::size_t count_in(const std::vector<TestResult>& tests, TestEnd end) {
  std::size_t count = 0;
  for (const auto& test : tests) {
    count += test.subtests.empty() ? (test.end == end ? 1 : 0) : count_in(test.subtests, end);
  }
  return count;
}

bool any_failed(const std::vector<TestResult>& tests) {
  return std::ranges::any_of(
      tests, [](const auto& test) { return test.end == TestEnd::fail || any_failed(test.subtests); });
}

}  // namespace

std::string_view name_of(TestEnd end) {
  switch (end) {
    case TestEnd::pass:
      return "pass";
    case TestEnd::fail:
      return "FAIL";
    case TestEnd::skip:
      return "skip";
    case TestEnd::xfail:
      break;
  }
  return "xfail";
}

std::size_t TestReport::count(TestEnd end) const { return count_in(tests, end); }

bool TestReport::ok() const { return !tests.empty() && problems.empty() && !any_failed(tests); }

KtapParser::KtapParser() : levels_(1) {}

void KtapParser::feed(std::string_view text) {
  lines_.feed(text, [this](const std::string& one) { line(one); });
}

void KtapParser::line(std::string_view text) {
  const std::string clean = printable(text.ends_with('\r') ? text.substr(0, text.size() - 1) : text);
  const auto unstamped = behind_stamp(clean);
  const auto [indent, words] = innermost({indentation(unstamped), trimmed(unstamped)});
  if (is_version(words)) {
    version(indent);
  } else if (words.starts_with("1..")) {
    plan(enter(indent), words.substr(3));
  } else if (is_result(words)) {
    result(enter(indent), words);
  } else if (words.starts_with(subtest_mark)) {
    subtest(indent, words.substr(subtest_mark.size()));
  } else if (words.starts_with('#')) {
    diagnostic(indent, words);
  } else if (words.starts_with("Bail out!")) {
    problem(std::string(words));
  }
}

void KtapParser::problem(std::string text) {
  if (report_.problems.size() < most_problems) {
    report_.problems.push_back(std::move(text));
  }
}

KtapParser::Level& KtapParser::enter(std::size_t indent) {
  while (levels_.size() > 1 && levels_.back().indent > indent) {
    leave();
  }
  if (levels_.back().indent < indent && levels_.size() < most_levels) {
    const bool named = !next_name_.empty();
    levels_.push_back({.indent = indent, .name = std::exchange(next_name_, {}), .announced = named});
  }
  begun_ = true;
  return levels_.back();
}

/// The innermost level is complete: its tests are the subtests of what its parent says next.
void KtapParser::leave() {
  check_plan(levels_.back());
  Level done = std::move(levels_.back());
  levels_.pop_back();
  Level& parent = levels_.back();
  if (!done.subtests.empty()) {
    problem("subtests without the result of their test");
    std::ranges::move(done.subtests, std::back_inserter(done.tests));
  }
  parent.empty_below = parent.empty_below || (done.announced && done.tests.empty());
  std::ranges::move(done.tests, std::back_inserter(parent.subtests));
}

void KtapParser::check_plan(Level& level) {
  const std::uint64_t seen = level.tests.size() - level.planned_from;
  if (level.plan && seen != *level.plan) {
    problem(fmt::format("{}{} test{} {} planned, {} gave a result",
                        level.name.empty() ? "" : level.name + ": ", *level.plan, plural(*level.plan),
                        *level.plan == 1 ? "was" : "were", seen));
  }
  level.plan.reset();
  level.planned_from = level.tests.size();
  level.misnumbered = false;
}

void KtapParser::version(std::size_t indent) {
  if (!begun_) {
    levels_.front().indent = indent;
  }
  Level& level = enter(indent);
  level.announced = true;
  check_plan(level);  // a further document may follow the first
}

void KtapParser::plan(Level& level, std::string_view text) {
  const auto count = take_number(text);
  if (!count) {
    return;
  }
  // A plan may stand before the results or behind them.
  level.plan = count;
  text = trimmed(text);
  if (*count == 0 && text.starts_with('#')) {
    const auto directive = directive_of(trimmed(text.substr(1)));
    level.plan.reset();
    level.tests.push_back({.name = "all tests", .end = TestEnd::skip, .reason = std::string(directive.rest)});
    level.planned_from = level.tests.size();
  }
}

void KtapParser::result(Level& level, std::string_view text) {
  if (++results_ > most_results) {
    if (results_ == most_results + 1) {
      problem(fmt::format("more than {} results", most_results));
    }
    return;
  }
  const bool ok = take_word(text, "ok");
  if (!ok) {
    take_word(text, "not");
    take_word(text, "ok");
  }
  TestResult test;
  const auto next = level.tests.size() - level.planned_from + 1;
  test.number = take_number(text).value_or(next);
  if (test.number != next && !std::exchange(level.misnumbered, true)) {
    problem(fmt::format("{}the result of test {} came where that of test {} belongs",
                        level.name.empty() ? "" : level.name + ": ", test.number, next));
  }
  text = trimmed(text);
  const std::size_t hash = hash_of(text);
  auto name = trimmed(text.substr(0, hash));
  if (name.starts_with("- ")) {
    name.remove_prefix(2);
  }
  const auto directive = directive_of(hash < text.size() ? trimmed(text.substr(hash + 1)) : "");
  test.name = name;
  test.reason = directive.rest;
  if (test.name.empty()) {  // the kernel's C helpers put the name behind the directive
    std::swap(test.name, test.reason);
  }
  test.end = end_of(ok, directive.word);
  if (test.end == TestEnd::fail && !directive.word.empty()) {
    test.reason = test.reason.empty() ? lower(directive.word) : lower(directive.word) + ": " + test.reason;
  }
  test.subtests = std::exchange(level.subtests, {});
  const bool named_here = !next_name_.empty() && std::exchange(next_name_, {}) == test.name;
  const bool announced = std::exchange(level.empty_below, false) || named_here;
  if (announced && test.subtests.empty() && test.end == TestEnd::pass) {
    problem(test.name + ": subtests were announced, and none gave a result");
  }
  auto diagnostics = std::exchange(level.diagnostics, {});
  if (test.end == TestEnd::fail) {
    test.diagnostics = std::move(diagnostics);
  }
  level.tests.push_back(std::move(test));
}

/// Behind the version line of its document, before a document, or instead of a version line.
void KtapParser::subtest(std::size_t indent, std::string_view name) {
  while (levels_.size() > 1 && levels_.back().indent > indent) {
    leave();
  }
  next_name_ = name;
  Level& level = levels_.back();
  if (level.indent < indent) {
    enter(indent);
  } else if (levels_.size() > 1 && level.name.empty() && level.tests.empty()) {
    level.name = std::exchange(next_name_, {});
    level.announced = true;
  }
}

void KtapParser::diagnostic(std::size_t indent, std::string_view text) {
  if (text.starts_with("# #") && levels_.back().indent == indent + 2) {
    indent += 2;  // a remark of the document inside
    text.remove_prefix(2);
  }
  if (levels_.back().indent != indent) {
    return;
  }
  auto& kept = levels_.back().diagnostics;
  if (kept.size() == kept_diagnostics) {
    kept.erase(kept.begin());
  }
  kept.emplace_back(text);
}

TestReport KtapParser::finish() {
  lines_.finish([this](const std::string& one) { line(one); });
  while (levels_.size() > 1) {
    leave();
  }
  Level& top = levels_.front();
  check_plan(top);
  if (!top.subtests.empty()) {
    TestResult unfinished{.number = top.tests.size() + 1, .name = "(no result line)", .end = TestEnd::fail};
    unfinished.subtests = std::move(top.subtests);
    top.tests.push_back(std::move(unfinished));
  }
  report_.tests = std::move(top.tests);
  return std::move(report_);
}

}  // namespace assay::program
