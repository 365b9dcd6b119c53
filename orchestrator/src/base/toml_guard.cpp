// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/toml_guard.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace assay {
namespace {

constexpr unsigned most_dots = 15;
constexpr std::size_t most_open = 16;
constexpr std::string_view only_ascii = "only ASCII may stand outside of strings and comments";

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Follows a TOML text just far enough to know where strings and comments are, wherever toml++ would get to.
class Guard {
 public:
  explicit Guard(std::string_view text) : text_(text) {}

  std::optional<Hazard> first_hazard() {
    while (at_ < text_.size()) {
      const auto what = step();
      if (!what.empty()) {
        return Hazard{place_at(text_, at_), std::string(what)};
      }
    }
    return std::nullopt;
  }

 private:
  /// Takes one character, string or comment; what is wrong with it, or "".
  std::string_view step() {
    const char c = text_[at_];
    if (c == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
      return "";
    }
    const auto what = c == '"' || c == '\'' ? take_string() : take_character(c);
    if (what.empty() && c != ' ' && c != '\t' && c != '\r') {
      before_ = c;
    }
    return what;
  }

  /// toml++ takes `x = 1"..."` for one value and looks at its letters; so it does with `x = 1."..."`, which
  /// cannot be told from a key here.
  std::string_view take_string() {
    const auto end = skip_string(text_, at_);
    if (before_ != '.' && !may_begin()) {
      return "a string cannot begin here";
    }
    if (!is_multi_line(text_, at_) && (end < at_ + 2 || text_[end - 1] != text_[at_])) {
      return "the string that begins here has no end in its line";
    }
    if (before_ == '.' && !is_ascii(text_.substr(at_, end - at_))) {
      return only_ascii;
    }
    if (const auto stray = escape_of_others(end); stray < end) {
      at_ = stray;
      return "only ASCII may follow a backslash, or the line that it joins: write two for one that is meant";
    }
    at_ = end;
    return "";
  }

  /// The backslash in the string that begins here, and ends at `end`, behind which toml++ 3.3 asks of a
  /// letter beyond ASCII whether it is a blank; `end` for none. is_non_ascii_horizontal_whitespace() takes
  /// those up to U+0499 for impossible there.
  [[nodiscard]] std::size_t escape_of_others(std::size_t end) const {
    for (auto i = at_; text_[at_] == '"' && i + 1 < end; ++i) {
      if (text_[i] == '\\') {
        const auto next = std::min(text_.find_first_not_of(" \t\r\n", i + 1), end);
        if (next < end && !is_ascii(text_.substr(next, 1))) {
          return i;
        }
        i += text_[i + 1] == '\\' ? 1 : 0;
      }
    }
    return end;
  }

  std::string_view take_character(char c) {
    if ((c == '[' || c == '{') && !may_begin()) {
      return "a bracket cannot open here";
    }
    if ((c == '[' || c == '{') && open_.size() == most_open) {
      return "more than 16 brackets are open here: nothing nests that deep";
    }
    const bool in_array = !open_.empty() && text_[open_.back()] == '[';
    if (c == '=' && in_array &&
        text_.substr(open_.back(), at_ - open_.back()).find('\n') != std::string::npos) {
      at_ = open_.back();
      return "the array that begins here is not closed";
    }
    if (c == '=' && (assigned_ || in_array)) {
      return "a second \"=\"";
    }
    dots_ = std::string_view("\n,=[]{}").find(c) != std::string_view::npos ? 0 : dots_ + (c == '.' ? 1U : 0U);
    if (dots_ > most_dots) {
      return "a key with more than 16 parts";
    }
    if (!is_ascii({&c, 1})) {
      return only_ascii;
    }
    follow(c);
    ++at_;
    return "";
  }

  void follow(char c) {
    if (c == '[' || c == '{') {
      open_.push_back(at_);
    } else if ((c == ']' || c == '}') && !open_.empty()) {
      open_.pop_back();
    }
    assigned_ = c == '=' || (assigned_ && c != '\n' && c != ',' && c != '{');
  }

  /// Whether a value or a key may begin after what was last seen.
  [[nodiscard]] bool may_begin() const {
    return std::string_view("\n,=[{").find(before_) != std::string_view::npos;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  char before_ = '\n';     ///< the last character that is neither blank nor comment
  bool assigned_ = false;  ///< a "=" was seen in this line, or in this element of an inline table
  unsigned dots_ = 0;
  std::vector<std::size_t> open_;  ///< where brackets are, innermost last
};

}  // namespace

std::optional<Hazard> hazard_in(std::string_view text) { return Guard(text).first_hazard(); }

}  // namespace assay
