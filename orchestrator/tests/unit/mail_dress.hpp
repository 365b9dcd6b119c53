// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/text.hpp"

#include <fmt/format.h>

#include <functional>
#include <string>
#include <string_view>

/// How mailers dress the text of a patch.
namespace assay::testing_mail {

/// What stands before each mail of an mbox.
inline constexpr const char* separator = "From mboxrd@z Thu Jan  1 00:00:00 1970\n";

/// Of a text that ends with a newline.
inline std::string each_line(std::string_view text, const std::function<std::string(std::string)>& change) {
  std::string result;
  for (const auto line : split(text.substr(0, text.size() - 1), '\n')) {
    result += change(std::string(line));
  }
  return result;
}

inline std::string with_returns(std::string_view text) {
  std::string result;
  for (const char c : text) {
    result += c == '\n' ? "\r\n" : std::string(1, c);
  }
  return result;
}

inline std::string quoted_printable(std::string_view text) {
  constexpr std::size_t longest = 70;
  return each_line(text, [](const std::string& line) {
    std::string result;
    std::size_t column = 0;
    for (const char c : line) {
      const bool plain = c >= ' ' && c < '\x7f' && c != '=';
      const auto word = plain ? std::string(1, c) : fmt::format("={:02X}", static_cast<unsigned char>(c));
      column += word.size();
      if (column > longest) {
        result += "=\n";
        column = word.size();
      }
      result += word;
    }
    return result + "\n";
  });
}

inline std::string base64(std::string_view text) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    unsigned bits = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      bits = bits << 8U | (i + j < text.size() ? static_cast<unsigned char>(text[i + j]) : 0U);
    }
    for (unsigned j = 0; j < 4; ++j) {
      result += i + j > text.size() ? '=' : alphabet[bits >> (18 - 6 * j) & 63U];
    }
    result += i % 57 == 54 ? "\n" : "";
  }
  return result + "\n";
}

}  // namespace assay::testing_mail
