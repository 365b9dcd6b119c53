// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "finding/kinds.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::finding {

/// What a kernel printed about its own misbehaviour.
struct Report {
  std::string title;  ///< the line that says what happened, without time stamp, and the function where it did
  std::string fingerprint;  ///< 16 hexadecimal digits; equal for equal kind and place
  std::string text;         ///< the report's lines as printed
  std::string line = {};    ///< the one that opens it, as it stands in the kernel's log
  bool stalled = false;     ///< something does not go on: a hung task, a lockup, a stall of RCU
};

/// Finds oops, panic, BUG, WARNING, sanitizers', lockdep, SLUB, leak, stall, lockup and hung task reports in
/// console text that comes in pieces. An OOM kill is not a report: workloads cause it on purpose. An opening
/// ends the report before it, but an oops and the panic that follows from it are one. Memory is bounded
/// whatever a guest prints.
class ConsoleParser {
 public:
  /// Takes the next piece of console output, cut anywhere.
  void feed(std::string_view text);

  /// True when a report has begun, whether or not its end was seen, and take() did not hand it out yet.
  [[nodiscard]] bool has_report() const { return in_report() || !done_.empty(); }
  /// True while a report has begun and its end was not seen yet.
  [[nodiscard]] bool inside_report() const { return in_report() && !current_->ended; }
  /// True while what comes next may belong to the last report: its end, or the panic that an oops causes.
  [[nodiscard]] bool may_go_on() const { return in_report(); }
  /// Ends a report that just stops (the machine died): what came of it is complete.
  void close_report();

  /// Reports whose end was seen, oldest first; each is handed out once.
  [[nodiscard]] std::optional<Report> take();

  /// The last lines, for "boot failed" messages and hangs.
  [[nodiscard]] std::string last_lines(std::size_t count) const;
  [[nodiscard]] std::uint64_t lines_seen() const { return lines_seen_; }

 private:
  struct Open {
    std::optional<Opening> opening;  ///< nothing yet: the lines are what may stand before one
    std::vector<std::string> lines;
    std::size_t before = 0;  ///< how many lines stand before that of the opening
    std::size_t quiet = 0;   ///< how many of the last lines do not look like a report
    bool ruled = false;      ///< begins with a ruler, as KASAN's and others do that end with one
    bool traced = false;     ///< a stack was seen
    bool died = false;
    bool panic = false;
    bool ended = false;  ///< the last line was seen, an aftermath or a panic may follow
  };

  [[nodiscard]] bool in_report() const { return current_.has_value() && current_->opening.has_value(); }
  void line(std::string_view raw);
  [[nodiscard]] bool begins(std::string_view message) const;
  [[nodiscard]] bool belongs(const Opening& next, std::string_view raw) const;
  void open(Opening opening, std::string_view raw);
  void go_on(std::string_view raw, std::string_view message);
  void finish();

  std::string partial_;
  std::deque<std::string> recent_;
  std::optional<Open> current_;
  std::deque<Report> done_;
  std::uint64_t lines_seen_ = 0;
  std::uint64_t finished_at_ = 0;  ///< lines seen when the last report ended
};

/// Of a report with this title: the words of its kind and the function that says where, hashed. The same bug
/// hit twice has the same fingerprint, on another CPU, at another address and in another task too.
[[nodiscard]] std::string fingerprint_of(std::string_view title, const std::vector<std::string>& lines);

/// A report that is made of such words about what these lines show: the function is in its title, too.
[[nodiscard]] Report report_of(std::string_view title, const std::vector<std::string>& lines);

}  // namespace assay::finding
