// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/text.hpp"
#include "verdict/verdict.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace assay::report {

/// What a terminal and a mail have room for.
inline constexpr std::size_t page_width = 80;

/// SGR codes, or nothing.
class Paint {
 public:
  explicit Paint(bool on) : on_(on) {}
  [[nodiscard]] std::string bold(std::string_view text) const { return with("1", text); }
  [[nodiscard]] std::string dim(std::string_view text) const { return with("2", text); }
  [[nodiscard]] std::string good(std::string_view text) const { return with("1;32", text); }
  [[nodiscard]] std::string bad(std::string_view text) const { return with("1;31", text); }
  [[nodiscard]] std::string verdict(verdict::Verdict verdict, std::string_view text) const;

 private:
  [[nodiscard]] std::string with(std::string_view code, std::string_view text) const;
  bool on_;
};

/// one_line() cut to `width` columns, "..." at the end when something is missing.
[[nodiscard]] std::string cut(std::string_view text, std::size_t width);

/// Words broken into lines of at most page_width columns, each with its newline. The first line begins with
/// `first`, the others with as many blanks. A longer word is broken. The text passes one_line().
[[nodiscard]] std::string wrapped(std::string_view first, std::string_view text);

/// A command of the shell, broken between its words into lines of at most page_width columns, where the shell
/// goes on with the next: what is copied runs. A longer word is not broken. The first line begins with
/// `first`.
[[nodiscard]] std::string wrapped_command(std::string_view first, std::string_view command);

/// Columns as wide as their widest cell, two blanks apart; numbers ('r' in `align`) to the right. The last
/// column is cut where the page ends.
[[nodiscard]] std::string aligned(std::string_view indent, std::string_view align,
                                  const std::vector<std::vector<std::string>>& rows);

}  // namespace assay::report
