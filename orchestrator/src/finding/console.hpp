// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::finding {

/// What a kernel printed about its own misbehaviour.
struct Report {
  std::string title;        ///< the line that says what happened, without time stamp
  std::string fingerprint;  ///< 16 hexadecimal digits; equal for equal kind and place
  std::string text;         ///< the report's lines as printed
};

/// Finds oops, panic, BUG, WARNING, KASAN, UBSAN, KCSAN, lockdep, RCU stall, soft lockup and hung task
/// reports in console text that comes in pieces. An OOM kill is not a report: workloads cause it on purpose.
/// Memory is bounded whatever a guest prints.
class ConsoleParser {
 public:
  /// Takes the next piece of console output, cut anywhere.
  void feed(std::string_view text);

  /// True while a report has begun and its end was not seen yet.
  [[nodiscard]] bool inside_report() const { return current_.has_value(); }
  /// Ends a report that just stops (the machine died): what came of it is complete.
  void close_report();

  /// Complete reports, oldest first; each is handed out once.
  [[nodiscard]] std::optional<Report> take();

  /// The last lines, for "boot failed" messages and hangs.
  [[nodiscard]] std::string last_lines(std::size_t count) const;
  [[nodiscard]] std::uint64_t lines_seen() const { return lines_seen_; }

 private:
  struct Open {
    std::string title;
    std::vector<std::string> lines;
    bool panic = false;
    bool framed = false;  ///< KASAN and friends end with a ruler
  };

  void line(std::string_view raw);
  bool continues(std::string_view message);

  std::string partial_;
  std::deque<std::string> recent_;
  std::optional<Open> current_;
  std::deque<Report> done_;
  std::string ruler_;
  std::uint64_t lines_seen_ = 0;
};

/// The title with numbers, addresses and offsets taken out, and the first functions of the stack that say
/// where: hashed. The same bug hit twice has the same fingerprint, on another CPU or at another address too.
[[nodiscard]] std::string fingerprint_of(std::string_view title, const std::vector<std::string>& lines);

/// "[   12.345678][  T42] text" -> "text".
[[nodiscard]] std::string_view without_stamp(std::string_view line);

}  // namespace assay::finding
