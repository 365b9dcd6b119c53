// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/patch_path.hpp"

#include <algorithm>

namespace assay::series {
namespace {

/// How long the quoted path is that `text` begins with, quotes and all; 0: it has no end.
std::size_t quoted_length(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return 0;
}

bool is_octal(std::string_view digits) {
  return digits.size() == 3 &&
         std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '7'; });
}

char unescaped(char letter) {
  constexpr std::string_view letters = "abfnrtv";
  constexpr std::string_view bytes = "\a\b\f\n\r\t\v";
  const auto at = letters.find(letter);
  return at == std::string_view::npos ? letter : bytes[at];
}

}  // namespace

std::string unquoted(std::string_view text) {
  if (!text.starts_with('"') || quoted_length(text) != text.size()) {
    return std::string(text);
  }
  std::string result;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] != '\\') {
      result += text[i];
    } else if (const auto digits = text.substr(i + 1, 3); is_octal(digits)) {
      result += static_cast<char>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + digits[2] - '0');
      i += 3;
    } else {
      result += unescaped(text[++i]);
    }
  }
  return result;
}

std::array<std::string, 2> git_names(std::string_view text) {
  if (text.starts_with('"')) {
    const auto length = quoted_length(text);
    return {unquoted(text.substr(0, length)),
            length + 1 < text.size() ? unquoted(text.substr(length + 1)) : std::string()};
  }
  if (std::count(text.begin(), text.end(), ' ') == 1) {
    const auto blank = text.find(' ');
    return {std::string(text.substr(0, blank)), unquoted(text.substr(blank + 1))};
  }
  // With blanks in them, both have to be the same behind their first folders.
  const auto middle = text.size() / 2;
  if (text.size() % 2 == 1 && text[middle] == ' ') {
    return {std::string(text.substr(0, middle)), std::string(text.substr(middle + 1))};
  }
  return {};
}

std::string without_first_folder(std::string_view path) {
  const auto slash = path.find('/');
  return slash == std::string_view::npos ? std::string() : std::string(path.substr(slash + 1));
}

}  // namespace assay::series
