// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/values.hpp"

#include "base/text.hpp"
#include "base/toml_file.hpp"
#include "base/units.hpp"
#include "experiment/machine_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <utility>

namespace assay::cli {
namespace {

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

/// On one line, whatever is in it.
std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    result += c == '\n' ? "\\n" : c == '\t' ? "\\t" : printable({&c, 1});
  }
  return result + "\"";
}

std::string name_trouble(const std::string& text) {
  if (text.empty()) {
    return "it is empty";
  }
  if (text.starts_with("-") && text != "-") {
    return "a value is missing before this option";
  }
  return has_control(text) ? "it has a newline or another control character in it" : "";
}

/// Of a user or a group, as useradd(8) and groupadd(8) let nobody be called.
std::string account_trouble(std::string_view account, std::string_view what) {
  constexpr std::uint64_t most =
      std::numeric_limits<std::uint32_t>::max() - 1;  // the highest means "no change"
  if (account.empty()) {
    return fmt::format("it names no {}", what);
  }
  if (account.find_first_of(" :,/") != std::string_view::npos) {
    return fmt::format("\"{}\" is no name or number of a {}", account, what);
  }
  const bool number = std::ranges::all_of(account, [](unsigned char c) { return std::isdigit(c) != 0; });
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(account.data(), account.data() + account.size(), value);
  return number && (error != std::errc() || value > most)
             ? fmt::format("the highest number of a {} is {}", what, most)
             : "";
}

std::string user_trouble(const std::string& text) {
  if (auto why = name_trouble(text); !why.empty()) {
    return why;
  }
  const auto colon = text.find(':');
  const auto why = account_trouble(std::string_view(text).substr(0, colon), "user");
  return why.empty() && colon != std::string::npos
             ? account_trouble(std::string_view(text).substr(colon + 1), "group")
             : why;
}

/// What is wrong, of a parser whose error says more than that.
template <class T>
std::string trouble_of(const Result<T>& parsed, std::string_view text) {
  if (parsed) {
    return "";
  }
  const auto start = fmt::format("\"{}\" is ", text);
  const auto said = parsed.error().text();
  return said.starts_with(start) ? "it is " + said.substr(start.size()) : said;
}

std::string number_trouble(const std::string& text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  // CLI11 would take 010 for eight.
  const bool octal = text.size() > 1 && text.front() == '0';
  return whole && !octal && number >= least && number <= most
             ? ""
             : fmt::format("it is no whole number from {} to {}", least, most);
}

struct Kind {
  std::string_view word = {};
  Completion completion = {};
};

/// Words of values that are not a list of words themselves.
const std::array<Kind, 36>& kinds() {
  static const std::array<Kind, 36> all{{
      {"N", {}},
      {"SIZE", {}},
      {"TIME", {}},
      {"DAYS", {}},
      {"HOURS", {}},
      {"MODEL", {}},
      {"MODULE", {}},
      {"NODES", {}},
      {"ROWS", {}},
      {"URI", {}},
      {"TEXT", {}},
      {"REV", {}},
      {"VERSION", {}},
      {"PROBE", {}},
      {"FUNCTION", {}},
      {"NAME=VALUE", {}},
      {"GUEST:HOST", {}},
      {"USER", {}},
      {"CATEGORY", {}},
      {"SUITE", {.words = {"cgroup", "kvm", "ltp", "memfd", "mincore", "mm", "stress-ng"}}},
      {"FILE", {.files = true}},
      {"SERIES", {.files = true}},
      {"CONFIG", {.files = true}},
      {"HOST:GUEST", {.files = true}},
      {"PROGRAM", {.files = true}},
      {"ARGUMENT", {.files = true}},
      {"FOLDER", {.folders = true}},
      {"EXPERIMENT", {.files = true, .asks = true}},
      {"KERNEL", {.files = true, .asks = true}},
      {"NAME=KERNEL", {.asks = true}},
      {"WORKLOAD", {.asks = true}},
      {"VARIANT", {.asks = true}},
      {"MACHINE", {.asks = true}},
      {"NAME", {.asks = true}},
      {"RUN", {.asks = true}},
      {"COMMAND", {.asks = true}},
  }};
  return all;
}

const Kind* kind_of(std::string_view word) {
  const auto& all = kinds();
  const auto* const found = std::ranges::find(all, word, &Kind::word);
  return found == all.end() ? nullptr : found;
}

}  // namespace

CLI::Option* takes(CLI::Option* option, Value value) {
  option->type_name(value.word);
  option->check(CLI::Validator(
      [option, trouble = std::move(value.trouble)](const std::string& text) -> std::string {
        // Without a value where it may be left out.
        const auto why = text.empty() && option->get_expected_min() == 0 ? "" : trouble(text);
        return why.empty() ? "" : in_quotes(text) + ": " + why;
      },
      ""));
  return option;
}

Value whole_number(std::uint64_t least, std::uint64_t most) {
  return {"N", [=](const std::string& text) { return number_trouble(text, least, most); }};
}

Value size(Bytes least) {
  return {"SIZE", [least](const std::string& text) {
            return trouble_of(experiment::parse_mebibytes(text, least), text);
          }};
}

Value duration() {
  return {"TIME", [](const std::string& text) { return trouble_of(parse_duration(text), text); }};
}

Value hours() {
  return {"HOURS", [](const std::string& text) -> std::string {
            double number = 0;
            const auto* end = text.data() + text.size();
            const auto [stop, error] = std::from_chars(text.data(), end, number);
            const bool is_one = error == std::errc() && stop == end && number > 0 && number <= most_hours;
            return is_one ? ""
                          : fmt::format("it is no number of hours, as 8 or 0.5, above 0 and up to {}",
                                        most_hours);
          }};
}

Value one_of(std::vector<std::string> words) {
  const auto word = fmt::to_string(fmt::join(words, "|"));
  return {word, [words = std::move(words)](const std::string& text) {
            return std::ranges::find(words, text) != words.end()
                       ? ""
                       : fmt::format("it is none of {}{}", listed(words), did_you_mean(text, words));
          }};
}

Value libvirt_uri() {
  return {"URI", [](const std::string& text) -> std::string {
            const bool qemu = text.starts_with("qemu:") || text.starts_with("qemu+");
            const auto why = name_trouble(text);
            return !why.empty()                                     ? why
                   : qemu && text.find(":///") != std::string::npos ? ""
                   : qemu && text.find("://") != std::string::npos
                       ? ""
                       : "it is no libvirt URI of QEMU, as qemu:///system or qemu+ssh://host/system are";
          }};
}

Value named(std::string word) { return {std::move(word), name_trouble}; }

Value guest_user() { return {"USER", user_trouble}; }

Value printable_text(std::string word) {
  return {std::move(word), [](const std::string& text) -> std::string {
            return has_control(text) ? "it has a newline or another control character in it" : "";
          }};
}

Value toml_text(std::string word) {
  return {std::move(word), [](const std::string& text) -> std::string {
            return toml_value(text)
                       ? ""
                       : "it is not written as in an experiment's file; put it into single quotes";
          }};
}

Result<toml::table> toml_value(const std::string& text) {
  auto table = parse_toml("value = " + text, "", "a value");
  return table && table->size() != 1 ? fail(Failure::usage, "\"{}\" is more than one value", printable(text))
                                     : table;
}

Value anything(std::string word) {
  return {std::move(word), [](const std::string&) { return std::string(); }};
}

bool is_known(std::string_view word) {
  return word.find('|') != std::string_view::npos || kind_of(word) != nullptr;
}

Completion completion_of(std::string_view word) {
  if (word.find('|') == std::string_view::npos) {
    const auto* kind = kind_of(word);
    return kind == nullptr ? Completion() : kind->completion;
  }
  Completion completion;
  for (const auto one : split(word, '|')) {
    completion.words.emplace_back(one);
  }
  return completion;
}

}  // namespace assay::cli
