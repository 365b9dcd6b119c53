// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/toml_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace assay {
namespace {

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

std::string_view triple(char quote) { return quote == '"' ? "\"\"\"" : "'''"; }

/// What a string of the file says, and where each byte of it comes from.
struct Spelled {
  std::string value;
  std::vector<std::size_t> from;
  void add(char c, std::size_t at) {
    value += c;
    from.push_back(at);
  }
};

/// Takes the escape at `at`; returns the index behind it.
std::size_t take_escape(std::string_view text, std::size_t at, Spelled& spelled) {
  constexpr std::string_view letters = "btnfr\"\\";
  constexpr std::string_view meanings = "\b\t\n\f\r\"\\";
  const char letter = at + 1 < text.size() ? text[at + 1] : '\0';
  if (const auto known = letters.find(letter); known != std::string_view::npos) {
    spelled.add(meanings[known], at);
    return at + 2;
  }
  if (letter == 'u' || letter == 'U') {
    spelled.add('?', at);  // No name that is looked for has such a letter.
    return at + (letter == 'u' ? 6 : 10);
  }
  return std::min(text.find_first_not_of(" \t\r\n", at + 1), text.size());  // it joins lines
}

Spelled spelled_at(std::string_view text, std::size_t at) {
  Spelled spelled;
  if (at >= text.size() || (text[at] != '"' && text[at] != '\'')) {
    return spelled;
  }
  const char quote = text[at];
  const bool multi_line = is_multi_line(text, at);
  const auto closing = multi_line ? triple(quote) : triple(quote).substr(0, 1);
  at += closing.size();
  at += multi_line && text.substr(at, 2) == "\r\n" ? 2 : multi_line && text.substr(at, 1) == "\n" ? 1 : 0;
  while (at < text.size() && text.substr(at, closing.size()) != closing) {
    if (quote == '"' && text[at] == '\\') {
      at = take_escape(text, at, spelled);
    } else {
      spelled.add(text[at], at);
      ++at;
    }
  }
  return spelled;
}

/// Bytes of the UTF-8 character at the beginning of `text`; 0 when it is none.
std::size_t character_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto first = byte(0);
  const std::size_t size = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (size == 0 || first > 0xf4) {
    return 0;
  }
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) {
      return 0;
    }
  }
  const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool surrogate = first == 0xed && byte(1) >= 0xa0;
  return overlong || surrogate || (first == 0xf4 && byte(1) >= 0x90) ? 0 : size;
}

/// What is wrong with the character at the beginning of `text`, or "".
std::string wrong_character(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text.front());
  if (byte == 0) {
    return "a NUL byte: this is no text file";
  }
  if (character_size(text) == 0) {
    return fmt::format("byte {:#04x} is not UTF-8: save the file as UTF-8", byte);
  }
  const bool line_end = byte == '\n' || (byte == '\r' && text.substr(0, 2) == "\r\n");
  if ((byte < ' ' && byte != '\t' && !line_end) || byte == 0x7f) {
    return byte == '\r' ? "a carriage return without a line feed"
                        : fmt::format("a control character, {0:#04x}: in a string write \\u{0:04x}", byte);
  }
  return "";
}

/// Follows a TOML text up to a place: what is open there.
struct Around {
  std::size_t key = 0;                ///< where the last key begins
  std::size_t value = 0;              ///< where the last value begins
  std::optional<std::size_t> string;  ///< the string that the place is in
  std::vector<std::size_t> brackets;  ///< innermost last
};

class Walk {
 public:
  Walk(std::string_view text, std::size_t end) : text_(text), end_(std::min(end, text.size())) {}

  Around follow() {
    while (at_ < end_ && !around_.string) {
      step();
    }
    begin();
    return around_;
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
      return;
    }
    if (c == '\n' && around_.brackets.empty()) {
      expects_ = &around_.key;
    } else if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
      begin();
      bracket(c);
    }
    if (c == '"' || c == '\'') {
      const auto behind = skip_string(text_, at_);
      if (behind > end_ || behind == text_.size()) {
        around_.string = at_;
      }
      at_ = behind;
      return;
    }
    ++at_;
  }

  void begin() {
    if (expects_ != nullptr) {
      *expects_ = at_;
      expects_ = nullptr;
    }
  }

  void bracket(char c) {
    if (c == '[' || c == '{') {
      around_.brackets.push_back(at_);
    } else if ((c == ']' || c == '}') && !around_.brackets.empty()) {
      around_.brackets.pop_back();
      return;
    }
    const bool in_table = !around_.brackets.empty() && text_[around_.brackets.back()] == '{';
    if (c == '=' || c == '[' || (c == ',' && !in_table)) {
      expects_ = &around_.value;
    } else if (c == '{' || c == ',') {
      expects_ = &around_.key;
    }
  }

  std::string_view text_;
  std::size_t end_;
  std::size_t at_ = 0;
  Around around_;
  std::size_t* expects_ = &around_.key;
};

/// "a" of "cannot redefine existing integer 'a'".
std::string_view quoted_in(std::string_view what) {
  const auto from = what.find('\'');
  const auto to = what.rfind('\'');
  return from == to ? std::string_view() : what.substr(from + 1, to - from - 1);
}

/// Whether what stands at `at` belongs to no array: the one before it was not closed.
bool begins_statement(std::string_view text, std::size_t at) {
  const auto line = text.substr(at, text.find('\n', at) - at);
  return at >= text.size() || line.find('=') != std::string_view::npos;
}

}  // namespace

Place place_at(std::string_view text, std::size_t at) {
  const auto before = text.substr(0, at);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto start = before.rfind('\n') + 1;  // npos + 1 is 0
  const auto column = std::count_if(before.begin() + static_cast<std::ptrdiff_t>(start), before.end(),
                                    [](char c) { return !continues_character(c); }) +
                      1;
  return {static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(column)};
}

std::size_t offset_of(std::string_view text, Place place) {
  std::size_t at = 0;
  for (std::uint32_t line = 1; line < place.line; ++line) {
    at = text.find('\n', at);
    if (at == std::string_view::npos) {
      return text.size();
    }
    ++at;
  }
  for (std::uint32_t column = 1; column < place.column && at < text.size(); ++column) {
    do {
      ++at;
    } while (at < text.size() && continues_character(text[at]));
  }
  return at;
}

bool is_multi_line(std::string_view text, std::size_t at) { return text.substr(at, 3) == triple(text[at]); }

std::size_t skip_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const bool escapes = quote == '"';
  const bool multi_line = is_multi_line(text, at);
  at += multi_line ? 3 : 1;
  for (; at < text.size(); ++at) {
    if (escapes && text[at] == '\\') {
      ++at;
    } else if (!multi_line && (text[at] == quote || text[at] == '\n')) {
      return at + 1;
    } else if (multi_line && text.substr(at, 3) == triple(quote)) {
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

Place place_of_word(std::string_view text, Place string, std::string_view word) {
  const auto spelled = spelled_at(text, offset_of(text, string));
  const auto in_name = [&](std::size_t at) {
    return at < spelled.value.size() &&
           std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
                   .find(spelled.value[at]) != std::string_view::npos;
  };
  for (auto at = spelled.value.find(word); !word.empty() && at != std::string::npos;
       at = spelled.value.find(word, at + 1)) {
    if ((at == 0 || !in_name(at - 1)) && !in_name(at + word.size())) {
      return place_at(text, spelled.from[at]);
    }
  }
  return string;
}

std::optional<Hazard> wrong_encoding(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) {
    return Hazard{{}, "the file begins with a byte order mark: save it as UTF-8 without one"};
  }
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    return Hazard{{}, "the file begins with a byte order mark and is UTF-16: save it as UTF-8 without one"};
  }
  for (std::size_t at = 0; at < text.size();) {
    if (auto what = wrong_character(text.substr(at)); !what.empty()) {
      return Hazard{place_at(text, at), std::move(what)};
    }
    at += character_size(text.substr(at));
  }
  return std::nullopt;
}

Hazard explained(std::string_view text, Place stopped, std::string_view what) {
  const auto at = offset_of(text, stopped);
  const auto around = Walk(text, at).follow();
  const auto says = [what](std::string_view words) { return what.find(words) != std::string_view::npos; };
  if (around.string && (says("control characters") || says("end-of-file"))) {
    return {place_at(text, *around.string), "the string that begins here has no end"};
  }
  if (around.string && says("escape")) {
    const auto backslash = text.substr(0, at).rfind('\\');
    return {backslash == std::string_view::npos ? stopped : place_at(text, backslash), std::string(what)};
  }
  if (says("parsing key-value pair: cannot redefine")) {
    const auto name = quoted_in(what);
    return {place_at(text, says("dotted") ? at : around.key),
            name.empty() ? std::string(what) : fmt::format("the key \"{}\" is there twice", name)};
  }
  if (says("table header: cannot redefine existing table")) {
    return {stopped, fmt::format("the table [{}] is there twice", quoted_in(what))};
  }
  if (!around.brackets.empty() && says("array:") && (says("end-of-file") || begins_statement(text, at))) {
    return {place_at(text, around.brackets.back()), "the array that begins here is not closed"};
  }
  if (!around.brackets.empty() && says("inline table:") && (at >= text.size() || text[at] == '\n')) {
    return {place_at(text, around.brackets.back()), "the table that begins here is not closed in its line"};
  }
  const bool in_value = !says("header") && !says("key-value") && !says("array:") && !says("inline table:");
  return {in_value ? place_at(text, around.value) : stopped, std::string(what)};
}

}  // namespace assay
