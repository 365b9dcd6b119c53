// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/lines.hpp"
#include "program/ktap.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::program {

struct ToldFigure {
  std::string name;
  std::int64_t value = 0;
};

/// What a program on trial writes, of which nothing is trusted: figures, test results, and the text itself.
/// Memory is bounded, but for test results (see KtapParser).
class ProgramOutput {
 public:
  /// `units`: of declared figures, "" for any.
  explicit ProgramOutput(std::map<std::string, std::string> units) : units_(std::move(units)) {}

  /// The next piece of its stdout, cut anywhere.
  void feed_out(std::string_view bytes);
  void feed_err(std::string_view bytes) { keep(bytes); }
  /// All was fed. Test results, where there was a line "TAP version 13" or "KTAP version 1".
  [[nodiscard]] std::optional<TestReport> finish();

  /// Of lines "assay: NAME VALUE [UNIT]": the last of each name, the first 256 names.
  [[nodiscard]] const std::vector<ToldFigure>& figures() const { return figures_; }
  /// Why lines are no figures; the first ten, and how many more.
  [[nodiscard]] std::vector<std::string> complaints() const;

  /// Both streams as they came, without what talks to a terminal; of much the first and last 64 KiB.
  [[nodiscard]] std::string text() const;
  /// The last few lines of it, on one line.
  [[nodiscard]] std::string end() const;

 private:
  void keep(std::string_view bytes);
  void line(std::string_view text);
  void figure(std::string_view text);
  void complain(std::string_view line, std::string_view why);

  std::map<std::string, std::string> units_;
  std::vector<ToldFigure> figures_;
  std::vector<std::string> complaints_;
  std::size_t more_complaints_ = 0;
  std::optional<KtapParser> tests_;
  Lines lines_;
  std::string head_;
  std::string tail_;
  std::uint64_t left_out_ = 0;  ///< bytes between the two
};

}  // namespace assay::program
