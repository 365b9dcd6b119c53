// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe/place.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace assay::probe {
namespace {

constexpr std::string_view accepted =
    "write a function, \"function+0x1c\", \"file.c:line\", \"function: call TARGET\", \"function: "
    "instruction "
    "TEXT\" or \"patch\"";

/// Of C, and what the compiler adds to the names of copies.
bool is_symbol(std::string_view text) {
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) == 0 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '$';
         });
}

template <class Number>
std::optional<Number> number_of(std::string_view text, int base) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

/// "call x" -> "x"; nothing when the word is another.
std::optional<std::string_view> after_word(std::string_view text, std::string_view word) {
  if (!text.starts_with(word) || text.size() <= word.size() || text[word.size()] != ' ') {
    return std::nullopt;
  }
  const auto rest = trimmed(text.substr(word.size()));
  return rest.empty() ? std::nullopt : std::optional(rest);
}

std::optional<CodePlace> in_function(std::string_view function, std::string_view rest) {
  if (const auto target = after_word(rest, "call"); target && is_symbol(*target)) {
    return CallPlace{std::string(function), std::string(*target)};
  }
  if (const auto pattern = after_word(rest, "instruction")) {
    return InstructionPlace{std::string(function), std::string(*pattern)};
  }
  return std::nullopt;
}

std::optional<CodePlace> with_colon(std::string_view before, std::string_view rest) {
  if (const auto line = number_of<unsigned>(rest, 10); line && *line > 0 && !before.empty()) {
    return LinePlace{std::string(before), *line};
  }
  return is_symbol(before) ? in_function(before, rest) : std::nullopt;
}

std::optional<CodePlace> with_plus(std::string_view symbol, std::string_view rest) {
  const bool hexadecimal = rest.starts_with("0x");
  const auto offset = number_of<std::uint64_t>(hexadecimal ? rest.substr(2) : rest, hexadecimal ? 16 : 10);
  if (!offset || !is_symbol(symbol)) {
    return std::nullopt;
  }
  return OffsetPlace{std::string(symbol), *offset};
}

std::optional<CodePlace> place_in(std::string_view text) {
  if (text == "patch") {
    return PatchPlace{};
  }
  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    return with_colon(trimmed(text.substr(0, colon)), trimmed(text.substr(colon + 1)));
  }
  if (const auto plus = text.find('+'); plus != std::string_view::npos) {
    return with_plus(trimmed(text.substr(0, plus)), trimmed(text.substr(plus + 1)));
  }
  return is_symbol(text) ? std::optional<CodePlace>(FunctionPlace{std::string(text)}) : std::nullopt;
}

}  // namespace

Result<CodePlace> parse_place(std::string_view text) {
  auto place = place_in(trimmed(text));
  if (!place) {
    return fail(Failure::usage, "\"{}\" is not a place in a kernel: {}", printable(text), accepted);
  }
  return std::move(*place);
}

}  // namespace assay::probe
