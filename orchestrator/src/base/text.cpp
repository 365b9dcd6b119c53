// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>
#include <utility>

namespace assay {
namespace {

/// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  std::vector<std::size_t> above = row;
  std::vector<std::size_t> two_above = row;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::swap(two_above, above);
    std::swap(above, row);
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      row[j + 1] = std::min({above[j] + (a[i] == b[j] ? 0U : 1U), row[j] + 1, above[j + 1] + 1});
      if (i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j]) {
        row[j + 1] = std::min(row[j + 1], two_above[j - 1] + 1);
      }
    }
  }
  return row.back();
}

/// Without what is easily mixed up: case, and what joins words.
std::string folded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    result += c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return result;
}

/// How many mistakes may turn a word of so many letters into another and leave it recognisable.
std::size_t mistakes_in(std::size_t letters) {
  constexpr std::size_t most = 3;
  return letters < 3 ? 0 : std::clamp<std::size_t>(letters / 3, 1, most);
}

/// The length of the sequence "\x1b[1;32m" at the beginning, or 0.
std::size_t colour_at(std::string_view text) {
  if (!text.starts_with("\x1b[")) {
    return 0;
  }
  const auto end = text.find_first_not_of("0123456789;", 2);
  return end != std::string_view::npos && text[end] == 'm' ? end + 1 : 0;
}

struct Letter {
  char32_t code = 0;
  std::size_t bytes = 0;  ///< 0: it is no UTF-8
};

/// The first letter of a text that is not empty.
Letter letter_at(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned lead = byte(0);
  const std::size_t bytes = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead >= 0xf8 || (lead >= 0x80 && lead < 0xc0) || bytes > text.size()) {
    return {};
  }
  constexpr std::array<unsigned, 5> masks{0, 0x7f, 0x1f, 0x0f, 0x07};
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  char32_t code = lead & masks.at(bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) {
      return {};
    }
    code = code << 6U | (byte(i) & 0x3fU);
  }
  const bool valid = code >= least.at(bytes) && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return valid ? Letter{code, bytes} : Letter{};
}

/// The control characters of C0 and C1; the marks, embeddings and isolates of the Unicode bidirectional
/// algorithm; the separators of lines and paragraphs.
bool is_control(char32_t code) {
  return (code < ' ' && code != '\n' && code != '\t') || (code >= 0x7f && code <= 0x9f) || code == 0x61c ||
         (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

/// In a word of three letters or less the first one is the word: "csh" is not meant for "zsh".
bool is_another_short_word(std::string_view a, std::string_view b) {
  return std::min(a.size(), b.size()) <= 3 && a.substr(0, 1) != b.substr(0, 1);
}

std::string only_one_that_begins_with(const std::string& start, const std::vector<std::string>& candidates) {
  constexpr std::size_t enough = 3;
  const auto begins = [&](const std::string& candidate) { return folded(candidate).starts_with(start); };
  const bool one = start.size() >= enough && std::ranges::count_if(candidates, begins) == 1;
  return one ? *std::ranges::find_if(candidates, begins) : std::string();
}

}  // namespace

std::string nearest(std::string_view wrong, const std::vector<std::string>& candidates) {
  const auto typed = folded(wrong);
  std::string best;
  std::size_t least = std::string::npos;
  for (const auto& candidate : candidates) {
    const auto name = folded(candidate);
    if (is_another_short_word(typed, name)) {
      continue;
    }
    const auto distance = edit_distance(typed, name);
    if (distance < least && distance <= mistakes_in(std::max(typed.size(), name.size()))) {
      least = distance;
      best = candidate;
    }
  }
  return best.empty() ? only_one_that_begins_with(typed, candidates) : best;
}

std::string did_you_mean(std::string_view wrong, const std::vector<std::string>& candidates) {
  const auto best = nearest(wrong, candidates);
  return best.empty() ? "" : fmt::format("; did you mean \"{}\"?", best);
}

std::string printable(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if ((c >= ' ' && c <= '~') || c == '\t' || c == '\n') {
      result += c;
    } else {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return result;
}

std::size_t letter_length(std::string_view text) { return text.empty() ? 0 : letter_at(text).bytes; }

std::string harmless(std::string_view text, Colours colours) {
  std::string result;
  while (!text.empty()) {
    const auto colour = colours == Colours::kept ? colour_at(text) : 0;
    const auto letter = letter_at(text);
    const bool good = colour > 0 || (letter.bytes > 0 && !is_control(letter.code));
    const auto length = colour > 0 ? colour : std::max<std::size_t>(letter.bytes, 1);
    result += good ? text.substr(0, length) : "?";
    text.remove_prefix(length);
  }
  return result;
}

std::string listed(const std::vector<std::string>& items) {
  std::string result;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) {
      result += i + 1 == items.size() ? " and " : ", ";
    }
    result += items[i];
  }
  return result;
}

std::string_view plural(std::size_t count) { return count == 1 ? "" : "s"; }

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(end + 1);
  }
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : printable(text)) {
    const bool blank = c == ' ' || c == '\t' || c == '\n';
    if (!blank) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  return std::string(trimmed(line));
}

std::string quoted_word(const std::string& word) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./=,:+@%").find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) {
    return word;
  }
  std::string quoted = "'";
  for (const char c : word) {
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return quoted + "'";
}

}  // namespace assay
