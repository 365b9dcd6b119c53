// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/mail_decoding.hpp"

#include "base/text.hpp"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace assay::series {
namespace {

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return static_cast<unsigned>(c - '0');
  }
  const auto letter = static_cast<char>(static_cast<unsigned char>(c) | 0x20U);
  if (letter >= 'a' && letter <= 'f') {
    return static_cast<unsigned>(letter - 'a') + 10;
  }
  return std::nullopt;
}

std::optional<char> hex_byte(std::string_view two) {
  if (two.size() < 2) {
    return std::nullopt;
  }
  const auto high = hex_digit(two[0]);
  const auto low = hex_digit(two[1]);
  return high && low ? std::optional(static_cast<char>(*high * 16 + *low)) : std::nullopt;
}

/// How long the soft line break at the beginning of `rest` ("=", blanks, newline) is; 0: it is none.
std::size_t soft_break(std::string_view rest) {
  const auto end = rest.find_first_not_of(" \t\r", 1);
  if (end == std::string_view::npos) {
    return rest.size();
  }
  return rest[end] == '\n' ? end + 1 : 0;
}

std::optional<std::uint32_t> base64_value(char c) {
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto at = alphabet.find(c);
  return at == std::string_view::npos ? std::nullopt : std::optional(static_cast<std::uint32_t>(at));
}

/// Closes what iconv_open() opened.
class Converter {
 public:
  explicit Converter(const std::string& charset) : handle_(::iconv_open("UTF-8", charset.c_str())) {}
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  Converter(Converter&&) = delete;
  Converter& operator=(Converter&&) = delete;
  ~Converter() {
    if (known()) {
      ::iconv_close(handle_);
    }
  }
  /// iconv_open() returns (iconv_t)-1 for a charset that it does not know.
  [[nodiscard]] bool known() const { return reinterpret_cast<std::intptr_t>(handle_) != -1; }

  std::optional<std::string> convert(std::string bytes) {
    std::string result(bytes.size() * 4 + 16, '\0');
    char* in = bytes.data();
    std::size_t in_left = bytes.size();
    char* out = result.data();
    std::size_t out_left = result.size();
    if (::iconv(handle_, &in, &in_left, &out, &out_left) == static_cast<std::size_t>(-1)) {
      return std::nullopt;
    }
    result.resize(result.size() - out_left);
    return result;
  }

 private:
  iconv_t handle_;
};

/// One "=?charset?q?text?=".
struct EncodedWord {
  std::size_t length = 0;  ///< in the header
  std::string text;
};

/// The encoded word that `rest` begins with; nothing when it is none, which is found out without looking
/// beyond it more than once.
std::optional<EncodedWord> encoded_word(std::string_view rest) {
  const auto first = rest.find('?', 2);
  if (first == std::string_view::npos || rest.size() < first + 3 || rest[first + 2] != '?') {
    return std::nullopt;
  }
  const auto encoding = lower(rest.substr(first + 1, 1));
  const auto end = rest.find("?=", first + 3);
  if (end == std::string_view::npos || (encoding != "q" && encoding != "b")) {
    return std::nullopt;
  }
  auto charset = rest.substr(2, first - 2);
  charset = charset.substr(0, charset.find('*'));
  std::string payload(rest.substr(first + 3, end - first - 3));
  if (encoding == "q") {
    std::replace(payload.begin(), payload.end(), '_', ' ');
    payload = decode_quoted_printable(payload);
  } else {
    payload = decode_base64(payload);
  }
  return EncodedWord{end + 2, to_utf8(payload, charset)};
}

bool is_base64(std::string_view line) {
  return std::all_of(line.begin(), line.end(), [](char c) { return base64_value(c) || c == '='; });
}

/// One line, which holds whole groups of four.
void decode_base64_line(std::string_view line, std::string& result) {
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : line) {
    const auto value = base64_value(c);
    if (!value) {
      return;
    }
    bits = bits << 6U | *value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      result += static_cast<char>(bits >> count & 0xffU);
    }
  }
}

}  // namespace

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

std::string decode_quoted_printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '=') {
      result += text[i++];
    } else if (const auto byte = hex_byte(text.substr(i + 1))) {
      result += *byte;
      i += 3;
    } else if (const auto length = soft_break(text.substr(i)); length > 0) {
      i += length;
    } else {
      result += text[i++];
    }
  }
  return result;
}

std::string decode_base64(std::string_view text) {
  std::string result;
  for (const auto line : split(text, '\n')) {
    const auto digits = trimmed(line);
    if (!is_base64(digits)) {
      return result;
    }
    decode_base64_line(digits, result);
  }
  return result;
}

std::string to_utf8(std::string_view bytes, std::string_view charset) {
  const auto name = lower(charset);
  constexpr std::array same = {"", "utf-8", "utf8", "us-ascii", "ascii"};
  if (std::find(same.begin(), same.end(), name) == same.end()) {
    Converter converter(name);
    if (converter.known()) {
      if (auto converted = converter.convert(std::string(bytes))) {
        return *converted;
      }
    }
  }
  return std::string(bytes);
}

std::string decode_header(std::string_view value) {
  std::string result;
  while (true) {
    const auto begin = value.find("=?");
    const auto word = begin == std::string_view::npos ? std::nullopt : encoded_word(value.substr(begin));
    // As git does: behind a word that is none, nothing is taken for one.
    if (!word) {
      return result.append(value);
    }
    // Blanks between two encoded words belong to neither.
    const auto between = value.substr(0, begin);
    if (result.empty() || !trimmed(between).empty()) {
      result.append(between);
    }
    result += word->text;
    value.remove_prefix(begin + word->length);
  }
}

std::string without_carriage_returns(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') {
      result += text[i];
    }
  }
  return result;
}

bool has_only_network_lines(std::string_view text) {
  const auto lines = split(text, '\n');
  return lines.size() > 1 && std::all_of(lines.begin(), lines.end() - 1,
                                         [](std::string_view line) { return line.ends_with('\r'); });
}

std::string unflowed(std::string_view text, bool delete_space) {
  std::string result;
  result.reserve(text.size());
  std::string_view rest = text;
  bool flows = false;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    auto line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    const bool signature = line == "-- ";
    if (signature && flows) {
      result += '\n';
    }
    if (!signature && line.starts_with(' ')) {
      line.remove_prefix(1);
    }
    flows = !signature && line.ends_with(' ');
    result += flows && delete_space ? line.substr(0, line.size() - 1) : line;
    result += flows ? "" : "\n";
  }
  return result;
}

}  // namespace assay::series
