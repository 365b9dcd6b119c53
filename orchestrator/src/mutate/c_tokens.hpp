// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::mutate {

/// A token of C as it is written, before any preprocessing.
struct CToken {
  enum class Kind : std::uint8_t { word, number, text, sign, directive };
  Kind kind = Kind::sign;
  std::size_t begin = 0;
  std::size_t end = 0;  ///< behind its last byte
};

/// All tokens of a file, without comments; a line of the preprocessor is one token.
class CTokens {
 public:
  /// `text` must outlive this.
  explicit CTokens(std::string_view text);

  [[nodiscard]] const std::vector<CToken>& all() const { return all_; }
  [[nodiscard]] std::string_view file() const { return text_; }
  [[nodiscard]] std::string_view text(const CToken& token) const {
    return text_.substr(token.begin, token.end - token.begin);
  }
  /// Number of the first token that begins at `offset` or later.
  [[nodiscard]] std::size_t at(std::size_t offset) const;
  /// Text of the token before and at `offset` or behind it; "" where there is none.
  [[nodiscard]] std::string_view before(std::size_t offset) const;
  [[nodiscard]] std::string_view behind(std::size_t offset) const;
  /// The only token between two offsets, or nullptr when there are more or none.
  [[nodiscard]] const CToken* only(std::size_t begin, std::size_t end) const;
  /// Where the macro ends whose name is at `offset`: behind the parenthesis of its arguments when it has
  /// some.
  [[nodiscard]] std::size_t macro_end(std::size_t offset) const;
  /// Whether an expression could stand in these bytes: brackets match, no directive, no comma outside of
  /// them.
  [[nodiscard]] bool whole(std::size_t begin, std::size_t end) const;
  /// The last one that is in no brackets and has an operand before it.
  [[nodiscard]] std::optional<CToken> last_operator(std::size_t begin, std::size_t end,
                                                    std::string_view sign) const;
  /// Whether a line of the preprocessor is in these bytes.
  [[nodiscard]] bool directed(std::size_t begin, std::size_t end) const;

 private:
  std::string_view text_;
  std::vector<CToken> all_;
};

/// What looks like a function's body, and the names that may be the function's; the compiler knows.
struct CBody {
  std::vector<std::string> names;
  std::size_t open = 0;   ///< its brace
  std::size_t close = 0;  ///< the other
};
[[nodiscard]] std::vector<CBody> bodies_of(const CTokens& tokens);

}  // namespace assay::mutate
