// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/layout.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::report {
namespace {

/// The next piece of `text` of at most `width` columns; whole words where possible.
std::string_view take_line(std::string_view& text, std::size_t width) {
  std::size_t length = text.size();
  std::size_t next = length;
  if (length > width) {
    const auto blank = text.rfind(' ', width);
    length = blank == std::string_view::npos || blank == 0 ? width : blank;
    next = blank == std::string_view::npos || blank == 0 ? width : blank + 1;
  }
  const auto line = text.substr(0, length);
  text.remove_prefix(next);
  return line;
}

/// At the blanks that are outside of quotes, as quoted_word() writes these.
std::vector<std::string_view> shell_words(std::string_view command) {
  std::vector<std::string_view> words;
  std::size_t begin = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < command.size(); ++i) {
    if (command[i] == '\'') {
      quoted = !quoted;
    } else if (command[i] == '\\' && !quoted) {
      ++i;
    } else if (command[i] == ' ' && !quoted) {
      words.push_back(command.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  words.push_back(command.substr(begin));
  return words;
}

}  // namespace

std::string Paint::with(std::string_view code, std::string_view text) const {
  return on_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

std::string Paint::verdict(verdict::Verdict verdict, std::string_view text) const {
  switch (verdict) {
    case verdict::Verdict::holds:
      return good(text);
    case verdict::Verdict::refuted:
      return bad(text);
    case verdict::Verdict::inconclusive:
      return with("1;33", text);
    case verdict::Verdict::not_run:
      break;
  }
  return with("1;35", text);
}

std::string cut(std::string_view text, std::size_t width) {
  auto line = one_line(text);
  if (line.size() > width) {
    line.resize(width < 3 ? width : width - 3);
    line += width < 3 ? "" : "...";
  }
  return line;
}

std::string wrapped(std::string_view first, std::string_view text) {
  const auto line = one_line(text);
  const std::size_t indent = std::min(first.size(), page_width / 2);
  std::string result(first);
  std::string_view rest = line;
  bool begun = false;
  while (!rest.empty()) {
    result += begun ? std::string(indent, ' ') : "";
    result += take_line(rest, page_width - indent);
    result += '\n';
    begun = true;
  }
  return begun ? result : std::string(trimmed(first)) + "\n";
}

std::string wrapped_command(std::string_view first, std::string_view command) {
  constexpr std::string_view goes_on = " \\";
  const std::string indent(first.size(), ' ');
  std::string text;
  std::string line(first);
  bool begun = false;
  for (const auto word : shell_words(command)) {
    if (begun && line.size() + 1 + word.size() + goes_on.size() > page_width) {
      text += fmt::format("{}{}\n", line, goes_on);
      line = indent;
      begun = false;
    }
    line += begun ? " " : "";
    line += word;
    begun = true;
  }
  return text + line + "\n";
}

std::string aligned(std::string_view indent, std::string_view align,
                    const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(align.size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < align.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string result;
  for (const auto& row : rows) {
    std::string line(indent);
    for (std::size_t i = 0; i < align.size(); ++i) {
      const bool last = i + 1 == align.size();
      const std::string pad(widths[i] - row[i].size(), ' ');
      line += align[i] == 'r' ? pad + row[i] : row[i] + (last ? "" : pad);
      line += last ? "" : "  ";
    }
    if (line.size() > page_width) {
      line.resize(page_width - 3);
      line += "...";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    result += line + "\n";
  }
  return result;
}

}  // namespace assay::report
