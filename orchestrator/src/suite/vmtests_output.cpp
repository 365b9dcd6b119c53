// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/vmtests_output.hpp"

#include "base/text.hpp"
#include "suite/ktap_subtests.hpp"
#include "suite/vmtests_script.hpp"

#include <algorithm>
#include <utility>

namespace assay::suite {
namespace {

constexpr std::size_t most_lines = 100'000;  ///< of a test

/// As long as what it rules; some tr(1) leave letters in it.
bool is_ruler_of(std::string_view line, std::string_view title) {
  return line.starts_with('-') && line.size() == title.size();
}

}  // namespace

void VmtestsReader::feed(std::string_view text) {
  lines_.feed(text, [this](const std::string& one) { line(one); });
}

void VmtestsReader::line(std::string_view raw) {
  if (!raw.empty() && raw.back() == '\r') {
    raw.remove_suffix(1);
  }
  if (!running_ && results_.empty() && raw.starts_with("TAP version")) {
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

void VmtestsReader::body(std::string_view text) {
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

void VmtestsReader::begin(std::string_view command) { running_ = Running{pretty_name(command), {}}; }

/// Without TAP, the last mark before the next test says how this one ended.
void VmtestsReader::end_by_mark(std::string_view why) {
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

void VmtestsReader::end(End how, std::string reason) {
  auto subtests = ktap_subtests(running_->name, running_->lines);
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
  results_.add(std::move(test));
  for (auto& subtest : subtests) {
    results_.add(std::move(subtest));
  }
}

std::vector<TestEnd> VmtestsReader::finish(const ProgramEnd& end) {
  lines_.finish([this](const std::string& one) { line(one); });
  end_by_mark(end.cut.empty() ? "it was cut off" : end.cut);
  return results_.take();
}

}  // namespace assay::suite
