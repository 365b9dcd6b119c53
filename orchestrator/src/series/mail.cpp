// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/mail.hpp"

#include "base/text.hpp"
#include "series/mail_decoding.hpp"
#include "series/patch.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace assay::series {
namespace {

/// Parts within parts beyond this are not looked into.
constexpr int deepest_part = 8;

/// Takes one line with its newline off the front of `rest`; without the newline.
std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

std::string_view without_return(std::string_view line) {
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The length of "Name" in "Name: value"; 0: the line is no header field.
std::size_t field_name(std::string_view line) {
  const auto end = line.find(':');
  if (end == std::string_view::npos) {
    return 0;
  }
  const auto name = line.substr(0, end);
  return std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; }) ? end : 0;
}

/// "From name Mon Sep 17 00:00:00 2001", as git knows it: the last colon stands between a time and a year.
bool has_date(std::string_view line) {
  constexpr unsigned years_of_unix = 90;
  const auto colon = line.rfind(':');
  if (!line.starts_with("From ") || colon == std::string_view::npos || colon < 9 ||
      colon + 2 >= line.size()) {
    return false;
  }
  unsigned year = 0;
  const auto behind = line.substr(std::min(line.size(), line.find_first_not_of(' ', colon + 3)));
  std::from_chars(behind.data(), behind.data() + behind.size(), year);
  return is_digit(line[colon - 4]) && is_digit(line[colon - 2]) && is_digit(line[colon - 1]) &&
         is_digit(line[colon + 1]) && is_digit(line[colon + 2]) && year > years_of_unix;
}

/// Whether `line` begins a message and is no prose: a header field comes next.
bool separates(std::string_view line, std::string_view rest) { return has_date(line) && has_header(rest); }

class Header {
 public:
  /// Takes the header and the empty line behind it off the front of `rest`.
  explicit Header(std::string_view& rest) {
    while (!rest.empty()) {
      const auto line = without_return(take_line(rest));
      if (trimmed(line).empty()) {
        return;
      }
      if ((line.front() == ' ' || line.front() == '\t') && !fields_.empty()) {
        fields_.back().second.append(" ").append(trimmed(line));
      } else if (const auto name = field_name(line); name > 0) {
        fields_.emplace_back(lower(line.substr(0, name)), trimmed(line.substr(name + 1)));
      }
    }
  }

  /// The value of the first field of that name (small letters), or "".
  [[nodiscard]] std::string_view get(std::string_view name) const {
    const auto found =
        std::find_if(fields_.begin(), fields_.end(), [&](const auto& field) { return field.first == name; });
    return found == fields_.end() ? std::string_view() : std::string_view(found->second);
  }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// "text/plain; charset=utf-8", "charset" -> "utf-8".
std::string parameter(std::string_view value, std::string_view name) {
  for (const auto part : split(value, ';')) {
    const auto word = trimmed(part);
    const auto equals = word.find('=');
    if (equals == std::string_view::npos || lower(trimmed(word.substr(0, equals))) != name) {
      continue;
    }
    auto text = trimmed(word.substr(equals + 1));
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
      text = text.substr(1, text.size() - 2);
    }
    return std::string(text);
  }
  return {};
}

std::string body_of(const Header& header, std::string_view content, int depth, bool& encoded);

/// The texts of all parts that may hold a patch.
std::string text_of_parts(std::string_view content, const std::string& boundary, int depth) {
  std::string text;
  const auto mark = "--" + boundary;
  auto rest = content;
  const char* part = nullptr;
  while (true) {
    const char* const at = rest.data();
    const bool end = rest.empty();
    const auto line = trimmed(take_line(rest));
    if (!end && line != mark && line != mark + "--") {
      continue;
    }
    if (part != nullptr) {
      std::string_view inner(part, static_cast<std::size_t>(at - part));
      const Header header(inner);
      bool ignored = false;
      text += body_of(header, inner, depth + 1, ignored);
      text += text.empty() || text.ends_with('\n') ? "" : "\n";
    }
    if (end || line != mark) {
      return text;
    }
    part = rest.data();
  }
}

/// Attachments have any type; the same text as HTML is not wanted twice.
bool may_hold_patch(std::string_view type, std::string_view body) {
  return type != "text/html" && (type.empty() || type.starts_with("text/") || has_diff(body));
}

/// As git am does: the network's line ends are not the file's, and those that were encoded are.
std::string decoded(std::string_view content, std::string_view encoding) {
  auto body = without_carriage_returns(content);
  return encoding == "base64"             ? decode_base64(body)
         : encoding == "quoted-printable" ? decode_quoted_printable(body)
                                          : body;
}

std::string body_of(const Header& header, std::string_view content, int depth, bool& encoded) {
  const auto content_type = header.get("content-type");
  const auto type = lower(trimmed(content_type.substr(0, content_type.find(';'))));
  const auto boundary = parameter(content_type, "boundary");
  if (type.starts_with("multipart/") && !boundary.empty()) {
    encoded = true;
    return depth < deepest_part ? text_of_parts(content, boundary, depth) : std::string();
  }
  // The bytes of a patch are not converted: they are those of the file, whatever the mail says.
  auto body = decoded(content, lower(trimmed(header.get("content-transfer-encoding"))));
  if (lower(parameter(content_type, "format")) == "flowed") {
    body = unflowed(body, lower(parameter(content_type, "delsp")) == "yes");
  }
  if (depth > 0 && !may_hold_patch(type, body)) {
    return {};
  }
  encoded = body != content;
  return body;
}

/// mboxrd puts a '>' before each "From " and each ">From " of a body.
std::string without_from_quoting(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const auto whole = text;
    auto line = take_line(text);
    const auto behind = line.find_first_not_of('>');
    const bool quoted =
        behind != std::string_view::npos && behind > 0 && line.substr(behind).starts_with("From ");
    const auto with_end = whole.substr(0, whole.size() - text.size());
    result += quoted ? with_end.substr(1) : with_end;
  }
  return result;
}

}  // namespace

std::vector<std::string_view> split_mbox(std::string_view text) {
  std::vector<std::string_view> messages;
  auto rest = text;
  std::size_t begin = 0;
  bool inside = false;
  while (!rest.empty()) {
    const auto at = static_cast<std::size_t>(rest.data() - text.data());
    const auto line = without_return(take_line(rest));
    if (!separates(line, rest)) {
      continue;
    }
    if (inside || !trimmed(text.substr(0, at)).empty()) {
      messages.push_back(text.substr(begin, at - begin));
    }
    inside = true;
    begin = static_cast<std::size_t>(rest.data() - text.data());
  }
  messages.push_back(text.substr(begin));
  return messages;
}

bool has_header(std::string_view text) {
  if (text.starts_with("From ") || text.starts_with(">From ")) {
    take_line(text);
  }
  const auto line = without_return(take_line(text));
  const auto name = lower(line.substr(0, field_name(line)));
  // "Index: mm/memory.c" begins a diff.
  return !name.empty() && name != "index";
}

Mail read_mail(std::string_view message) {
  Mail mail;
  auto content = message.substr(std::min(message.size(), message.find_first_not_of(" \t\r\n")));
  if (!has_header(content)) {
    mail.body = has_only_network_lines(message) ? without_carriage_returns(message) : std::string(message);
    mail.was_encoded = mail.body != message;
    return mail;
  }
  const Header header(content);
  mail.subject = trimmed(decode_header(header.get("subject")));
  std::replace_if(
      mail.subject.begin(), mail.subject.end(), [](char c) { return c == '\n' || c == '\t' || c == '\r'; },
      ' ');
  mail.message_id = header.get("message-id");
  mail.in_reply_to = header.get("in-reply-to");
  mail.body = without_from_quoting(body_of(header, content, 0, mail.was_encoded));
  return mail;
}

}  // namespace assay::series
