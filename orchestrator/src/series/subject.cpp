// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/subject.hpp"

#include "base/text.hpp"
#include "series/mail_decoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace assay::series {
namespace {

/// Longer series are taken for dates and other numbers.
constexpr unsigned longest_series = 9999;

std::optional<unsigned> whole_number(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return !text.empty() && error == std::errc() && end == text.data() + text.size() ? std::optional(number)
                                                                                   : std::nullopt;
}

/// The same with its v, as it stands in subjects.
std::optional<Revision> revision_word(std::string_view word) {
  return word.starts_with('v') ? parse_revision(word) : std::nullopt;
}

/// One word between the brackets.
void read_word(std::string_view word, PatchSubject& subject) {
  for (const std::string_view kind : {"patch", "rfc"}) {
    if (word.starts_with(kind) && (word.size() == kind.size() || revision_word(word.substr(kind.size())))) {
      subject.is_patch = true;
      word.remove_prefix(kind.size());  // "PATCHv3"
    }
  }
  if (const auto revision = revision_word(word)) {
    subject.revision = *revision;
    return;
  }
  const auto slash = word.find('/');
  if (slash == std::string_view::npos) {
    return;
  }
  const auto number = whole_number(word.substr(0, slash));
  const auto total = whole_number(word.substr(slash + 1));
  if (number && total && *total > 0 && *number <= *total && *total <= longest_series) {
    subject.is_patch = true;
    subject.number = *number;
    subject.total = *total;
  }
}

void read_brackets(std::string_view inside, PatchSubject& subject) {
  auto words = lower(inside);
  std::replace_if(words.begin(), words.end(), [](char c) { return c == ',' || c == '\t'; }, ' ');
  for (const auto word : split(words, ' ')) {
    read_word(word, subject);
  }
}

/// Takes "Re: " and its relatives away.
bool take_reply_mark(std::string_view& text) {
  static constexpr std::array marks = {"re", "aw", "sv", "fw", "fwd", "antw", "vs"};
  constexpr std::size_t longest = 4;
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto letters =
      static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_letter) - text.begin());
  if (letters > longest) {
    return false;
  }
  const auto word = lower(text.substr(0, letters));
  const auto colon = text.find_first_not_of(" \t", letters);
  if (std::find(marks.begin(), marks.end(), word) == marks.end() || colon == std::string_view::npos ||
      text[colon] != ':') {
    return false;
  }
  text = trimmed(text.substr(colon + 1));
  return true;
}

}  // namespace

std::optional<Revision> parse_revision(std::string_view word) {
  if (word.starts_with('v')) {
    word.remove_prefix(1);
  }
  const auto dot = word.find('.');
  const auto major = whole_number(word.substr(0, dot));
  const auto minor = dot == std::string_view::npos ? std::optional(0U) : whole_number(word.substr(dot + 1));
  return major && minor ? std::optional(Revision{*major, *minor}) : std::nullopt;
}

std::string Revision::text() const {
  return minor == 0 ? fmt::format("v{}", major) : fmt::format("v{}.{}", major, minor);
}

PatchSubject parse_subject(std::string_view text) {
  PatchSubject subject;
  text = trimmed(text);
  while (true) {
    if (take_reply_mark(text)) {
      subject.is_reply = true;
      continue;
    }
    const auto end = text.starts_with('[') ? text.find(']') : std::string_view::npos;
    if (end == std::string_view::npos) {
      break;
    }
    read_brackets(text.substr(1, end - 1), subject);
    text = trimmed(text.substr(end + 1));
  }
  subject.title = text;
  return subject;
}

}  // namespace assay::series
