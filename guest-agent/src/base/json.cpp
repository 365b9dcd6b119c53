// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/json.hpp"

namespace assay::agent {

void JsonWriter::element(std::string_view key) {
  if (!first_) {
    out_ += ',';
  }
  if (depth_ > 0) {
    out_ += '\n';
    out_.append(2 * depth_, ' ');
  }
  first_ = false;
  if (!key.empty()) {
    quoted(key);
    out_ += ": ";
  }
}

void JsonWriter::quoted(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out_ += '"';
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += c;
    } else if (code < 0x20) {
      out_ += "\\u00";
      out_ += hex[code >> 4U];
      out_ += hex[code & 15U];
    } else {
      out_ += c;
    }
  }
  out_ += '"';
}

JsonWriter& JsonWriter::begin(char bracket, std::string_view key) {
  element(key);
  out_ += bracket;
  ++depth_;
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::end(char bracket) {
  --depth_;
  if (!first_) {
    out_ += '\n';
    out_.append(2 * depth_, ' ');
  }
  out_ += bracket;
  first_ = false;
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view value, std::string_view key) {
  element(key);
  quoted(value);
  return *this;
}

JsonWriter& JsonWriter::number(std::int64_t value, std::string_view key) {
  element(key);
  out_ += std::to_string(value);
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value, std::string_view key) {
  element(key);
  out_ += value ? "true" : "false";
  return *this;
}

}  // namespace assay::agent
