// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/toml_guard.hpp"

#include <algorithm>
#include <string>

namespace assay {
namespace {

constexpr unsigned most_dots = 15;
constexpr std::string_view only_ascii = "only ASCII may stand outside of strings and comments";

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// The index behind the string that starts at `at` with `quote`. A text where a string never ends is no TOML
/// and is refused by the parser; what is returned then only has to make progress.
std::size_t skip_string(std::string_view text, std::size_t at, char quote) {
  const bool escapes = quote == '"';
  const bool multi_line = at + 2 < text.size() && text[at + 1] == quote && text[at + 2] == quote;
  at += multi_line ? 3 : 1;
  for (; at < text.size(); ++at) {
    if (escapes && text[at] == '\\') {
      ++at;
    } else if (!multi_line && (text[at] == quote || text[at] == '\n')) {
      return at + 1;
    } else if (multi_line && text.substr(at, 3) == std::string_view(quote == '"' ? "\"\"\"" : "'''")) {
      at += 3;
      // Up to two quotes before the closing three belong to the string.
      for (int extra = 0; extra < 2 && at < text.size() && text[at] == quote; ++extra) {
        ++at;
      }
      return at;
    }
  }
  return text.size();
}

Place place_at(std::string_view text, std::size_t at) {
  const auto before = text.substr(0, at);
  const auto line = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n'));
  const auto start = before.rfind('\n');
  return {line + 1, static_cast<std::uint32_t>(at - (start == std::string_view::npos ? 0 : start + 1)) + 1};
}

/// Follows a TOML text just far enough to know where strings and comments are, wherever toml++ would get to.
class Guard {
 public:
  explicit Guard(std::string_view text) : text_(text) {}

  std::optional<Hazard> first_hazard() {
    while (at_ < text_.size()) {
      const auto what = step();
      if (!what.empty()) {
        return Hazard{place_at(text_, at_), what};
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
    const auto what = c == '"' || c == '\'' ? take_string(c) : take_character(c);
    if (what.empty() && c != ' ' && c != '\t' && c != '\r') {
      before_ = c;
    }
    return what;
  }

  /// toml++ takes `x = 1"..."` for one value and looks at its letters; so it does with `x = 1."..."`, which
  /// cannot be told from a key here.
  std::string_view take_string(char quote) {
    const auto end = skip_string(text_, at_, quote);
    if (before_ != '.' && !may_begin()) {
      return "a string cannot begin here";
    }
    if (before_ == '.' && !is_ascii(text_.substr(at_, end - at_))) {
      return only_ascii;
    }
    at_ = end;
    return "";
  }

  std::string_view take_character(char c) {
    if ((c == '[' || c == '{') && !may_begin()) {
      return "a bracket cannot open here";
    }
    if (c == '=' && (assigned_ || (!open_.empty() && open_.back() == '['))) {
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
      open_ += c;
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
  std::string open_;  ///< brackets, innermost last
};

}  // namespace

std::optional<Hazard> hazard_in(std::string_view text) { return Guard(text).first_hazard(); }

}  // namespace assay
