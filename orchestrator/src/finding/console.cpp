// SPDX-License-Identifier: GPL-2.0-or-later
#include "finding/console.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace assay::finding {
namespace {

constexpr std::size_t longest_line = 1024;
constexpr std::size_t longest_report = 400;  // lines
constexpr std::size_t kept_lines = 200;
constexpr std::size_t kept_reports = 64;

/// How reports begin, as the kernel prints them (lib/bug.c, mm/kasan/report.c, kernel/panic.c,
/// arch/*/mm/fault.c).
constexpr std::array openings{
    "BUG: ",
    "kernel BUG at ",
    "WARNING: ",
    "UBSAN: ",
    "Oops",
    "Unable to handle kernel ",
    "general protection fault",
    "Kernel panic - not syncing",
    "INFO: task ",
    "INFO: rcu_",
    "rcu: INFO: ",
    "watchdog: BUG: ",
    "list_add corruption",
    "list_del corruption",
    "page dumped because: ",
    "unreferenced object 0x",
    "stack segment: ",
    "divide error: ",
    "invalid opcode: ",
    "double fault: ",
};

/// WARNING lines that kernels print in good health.
constexpr std::array harmless{
    "WARNING: Spectre",
    "WARNING: Unprivileged",
    "WARNING: The mand mount option",
    "WARNING: x86 instruction decoder",
};

bool starts_with_any(std::string_view message, const auto& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return message.starts_with(prefix); });
}

bool opens_report(std::string_view message) {
  return starts_with_any(message, openings) && !starts_with_any(message, harmless);
}

bool is_ruler(std::string_view message) {
  return message.size() >= 20 && message.find_first_not_of('=') == std::string_view::npos;
}

/// "foo+0x12/0x80" -> "foo"; "" for a line that is no stack frame.
std::string frame_function(std::string_view message) {
  message = trimmed(message);
  if (message.starts_with("? ")) {
    return {};
  }
  if (message.starts_with("RIP: ")) {
    message.remove_prefix(std::min(message.size(), message.rfind(':') + 1));
  } else if (message.starts_with("TPC: <")) {  // sparc64: "TPC: <foo+0x12/0x80>"
    message.remove_prefix(std::string_view("TPC: <").size());
  } else if (message.starts_with('[')) {  // sparc64: "[<0000000000abcdef>] foo+0x12/0x80"
    message = trimmed(message.substr(std::min(message.size(), message.find(']') + 1)));
  }
  const auto plus = message.find("+0x");
  const auto name = message.substr(0, plus);
  if (plus == std::string_view::npos || name.empty() || name.find(' ') != std::string_view::npos) {
    return {};
  }
  // Compilers append ".constprop.0", ".isra.0", ".cold": not the same in each build.
  return std::string(name.substr(0, name.find('.')));
}

/// Functions that report or dispatch and say nothing about the place.
bool is_machinery(std::string_view function) {
  constexpr std::array names{
      "dump_stack",
      "dump_stack_lvl",
      "print_report",
      "kasan_report",
      "kasan_check_range",
      "panic",
      "__warn",
      "report_bug",
      "handle_bug",
      "exc_invalid_op",
      "asm_exc_invalid_op",
      "die",
      "page_fault_oops",
      "exc_page_fault",
      "asm_exc_page_fault",
      "print_address_description",
      "__die",
      "oops_end",
      "show_stack",
      "warn_slowpath_fmt",
      "asm_exc_general_protection",
      "exc_general_protection",
      "nmi_panic",
      "do_trap",
      "do_error_trap",
      "check_panic_on_warn",
      "end_report",
      "kasan_complete_mode_report_info",
  };
  return function.starts_with("__asan_") || std::find(names.begin(), names.end(), function) != names.end();
}

bool is_hexadecimal(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }

/// "0x1a2", "22s", and also "ffff888006a5c3c8" or "b21c7", which begin with a letter: an address or a PFN.
bool is_number(std::string_view word) {
  const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  const bool hexadecimal = std::all_of(word.begin(), word.end(), is_hexadecimal);
  return digit(word.front()) ||
         (hexadecimal && word.size() >= 4 && std::any_of(word.begin(), word.end(), digit));
}

std::string without_numbers(std::string_view title) {
  const auto in_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  std::string result;
  while (!title.empty()) {
    const auto end = std::find_if_not(title.begin(), title.end(), in_word);
    const auto word = title.substr(0, static_cast<std::size_t>(end - title.begin()));
    if (word.empty()) {
      result += title.front();
      title.remove_prefix(1);
    } else {
      result += is_number(word) ? "#" : word;
      title.remove_prefix(word.size());
    }
  }
  return result;
}

}  // namespace

std::string_view without_stamp(std::string_view line) {
  while (line.starts_with('[')) {
    const auto end = line.find(']');
    const auto inside = line.substr(1, end == std::string_view::npos ? 0 : end - 1);
    const bool stamp =
        !inside.empty() && inside.find_first_not_of(" 0123456789.TC") == std::string_view::npos;
    if (!stamp) {
      return line;
    }
    line.remove_prefix(end + 1);
    line.remove_prefix(
        std::min(line.size(), line.find_first_not_of(' ') == 1 ? std::size_t{1} : std::size_t{0}));
  }
  return line;
}

std::string fingerprint_of(std::string_view title, const std::vector<std::string>& lines) {
  constexpr std::size_t frames = 3;
  Hasher hasher;
  hasher.add("title", without_numbers(title));
  std::vector<std::string> seen;
  for (const auto& line : lines) {
    auto function = frame_function(without_stamp(line));
    if (function.empty() || is_machinery(function) || (!seen.empty() && seen.back() == function)) {
      continue;
    }
    hasher.add("frame", function);
    seen.push_back(std::move(function));
    if (seen.size() == frames) {
      break;
    }
  }
  return hasher.finish().substr(0, 16);
}

void ConsoleParser::feed(std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto piece = text.substr(0, end);
    if (partial_.size() < longest_line) {
      partial_.append(piece.substr(0, longest_line - partial_.size()));
    }
    if (end == std::string_view::npos) {
      return;
    }
    text.remove_prefix(end + 1);
    while (partial_.ends_with('\r')) {
      partial_.pop_back();
    }
    line(partial_);
    partial_.clear();
  }
}

void ConsoleParser::line(std::string_view raw) {
  ++lines_seen_;
  recent_.emplace_back(raw);
  if (recent_.size() > kept_lines) {
    recent_.pop_front();
  }
  const auto message = without_stamp(raw);
  if (current_) {
    current_->lines.emplace_back(raw);
    if (!continues(message)) {
      close_report();
    }
    return;
  }
  if (is_ruler(message)) {
    ruler_ = raw;
    return;
  }
  if (opens_report(message)) {
    Open open;
    open.title = printable(message);
    open.framed = !ruler_.empty();
    open.panic = message.starts_with("Kernel panic");
    if (open.framed) {
      open.lines.push_back(ruler_);
    }
    open.lines.emplace_back(raw);
    current_ = std::move(open);
  }
  ruler_.clear();
}

bool ConsoleParser::continues(std::string_view message) {
  current_->panic = current_->panic || message.starts_with("Kernel panic");
  if (current_->lines.size() >= longest_report || message.starts_with("---[ end Kernel panic")) {
    return false;
  }
  if (current_->framed && is_ruler(message)) {
    return false;
  }
  // An oops may go on to a panic, which has its own end.
  return current_->panic || !message.starts_with("---[ end trace");
}

void ConsoleParser::close_report() {
  if (!current_) {
    return;
  }
  Report report;
  report.title = std::move(current_->title);
  report.fingerprint = fingerprint_of(report.title, current_->lines);
  for (const auto& line : current_->lines) {
    report.text += printable(line) + "\n";
  }
  current_.reset();
  if (done_.size() < kept_reports) {
    done_.push_back(std::move(report));
  }
}

std::optional<Report> ConsoleParser::take() {
  if (done_.empty()) {
    return std::nullopt;
  }
  Report report = std::move(done_.front());
  done_.pop_front();
  return report;
}

std::string ConsoleParser::last_lines(std::size_t count) const {
  std::string text;
  for (std::size_t i = recent_.size() - std::min(count, recent_.size()); i < recent_.size(); ++i) {
    text += printable(recent_.at(i)) + "\n";
  }
  return text.empty() && !partial_.empty() ? printable(partial_) + "\n" : text;
}

}  // namespace assay::finding
