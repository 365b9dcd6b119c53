// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/output.hpp"

#include "base/text.hpp"
#include "program/ktap.hpp"
#include "suite/script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace assay::suite {
namespace {

constexpr std::size_t kept_lines = 12;
constexpr std::size_t most_lines = 100'000;

/// As long as what it rules; some tr(1) leave letters in it.
bool is_ruler_of(std::string_view line, std::string_view title) {
  return line.starts_with('-') && line.size() == title.size();
}

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
    tests.push_back({above + ": " + name, end_of(result.end), one_line(result.reason), result.diagnostics});
    add_subtests(above + ": " + name, result.subtests, tests);
  }
}

/// What a test said last, of its own.
std::string last_words(const std::vector<std::string>& lines) {
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    const auto text = trimmed(*line);
    if (!text.empty() && text != "[SKIP]" && text != "[FAIL]" && text != "[PASS]") {
      return one_line(text);
    }
  }
  return "";
}

/// "1..0 # SKIP why" and "ok 3 name # SKIP why".
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

std::vector<std::string> last_of(const std::vector<std::string>& lines) {
  const auto first = lines.size() > kept_lines ? lines.size() - kept_lines : 0;
  return {lines.begin() + static_cast<std::ptrdiff_t>(first), lines.end()};
}

}  // namespace

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

void OutputReader::feed(std::string_view text) {
  lines_.feed(text, [this](const std::string& one) { line(one); });
}

void OutputReader::line(std::string_view raw) {
  if (!raw.empty() && raw.back() == '\r') {
    raw.remove_suffix(1);
  }
  if (!running_ && tests_.empty() && raw.starts_with("TAP version")) {
    tap_ = true;
    return;
  }
  if (!tap_) {
    body(raw);
    return;
  }
  if (raw.starts_with('#')) {
    body(raw.starts_with("# ") ? raw.substr(2) : raw.substr(1));
    return;
  }
  const bool ok = raw.starts_with("ok ");
  if (!running_ || (!ok && !raw.starts_with("not ok "))) {
    return;
  }
  const auto remark = raw.rfind(" # ");
  const auto why = remark == std::string_view::npos ? std::string_view() : trimmed(raw.substr(remark + 3));
  if (!ok) {
    end(End::failed, std::string(why));
  } else if (why.starts_with("SKIP")) {
    end(End::skipped, skip_reason(running_->lines));
  } else {
    end(End::passed, "");
  }
}

void OutputReader::body(std::string_view text) {
  constexpr std::string_view running = "running ";
  const auto before = std::exchange(before_, std::string(text));
  if (text.starts_with(running) && is_ruler_of(before, text)) {
    if (running_ && !running_->lines.empty()) {
      running_->lines.pop_back();  // its ruler
    }
    end_by_mark("it was cut off");
    begin(text.substr(running.size()));
    return;
  }
  if (text.starts_with("SUMMARY: ") && !tap_) {
    end_by_mark("it was cut off");
  }
  const bool is_ruler = before.starts_with(running) && is_ruler_of(text, before);
  if (running_ && running_->lines.size() < most_lines && !is_ruler) {
    running_->lines.emplace_back(text);
  }
}

void OutputReader::begin(std::string_view command) { running_ = Running{pretty_name(command), {}}; }

/// Without TAP, the last mark before the next test says how this one ended.
void OutputReader::end_by_mark(std::string_view why) {
  if (!running_) {
    return;
  }
  const auto is_mark = [](const std::string& line) {
    return line == "[PASS]" || line == "[FAIL]" || line == "[SKIP]";
  };
  const auto& lines = running_->lines;
  const auto mark = std::find_if(lines.rbegin(), lines.rend(), is_mark);
  if (mark == lines.rend()) {
    end(End::failed, std::string(why));
  } else if (*mark == "[PASS]") {
    end(End::passed, "");
  } else if (*mark == "[SKIP]") {
    end(End::skipped, skip_reason(lines));
  } else {
    end(End::failed, "");
  }
}

void OutputReader::end(End how, std::string reason) {
  program::KtapParser parser;
  for (const auto& text : running_->lines) {
    parser.feed(text + "\n");
  }
  std::vector<TestEnd> subtests;
  add_subtests(running_->name, parser.finish().tests, subtests);
  // What the shell did not find, or the kernel cannot execute.
  const bool is_missing = how == End::failed && (reason == "exit=127" || reason == "exit=126");
  TestEnd test{running_->name,
               is_missing ? End::not_run : how,
               is_missing ? last_words(running_->lines) : std::move(reason),
               {}};
  if (how == End::failed) {
    test.text = last_of(running_->lines);
  }
  running_.reset();
  add(std::move(test));
  for (auto& subtest : subtests) {
    add(std::move(subtest));
  }
}

void OutputReader::add(TestEnd test) {
  const auto is_taken = [&](const std::string& name) {
    return std::ranges::find(tests_, name, &TestEnd::name) != tests_.end();
  };
  const auto name = test.name;
  for (int number = 2; is_taken(test.name); ++number) {
    test.name = fmt::format("{} ({})", name, number);
  }
  tests_.push_back(std::move(test));
}

std::vector<TestEnd> OutputReader::finish(std::string_view why) {
  lines_.finish([this](const std::string& one) { line(one); });
  end_by_mark(why);
  return std::move(tests_);
}

}  // namespace assay::suite
