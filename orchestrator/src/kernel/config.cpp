// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/config.hpp"

#include "base/files.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace assay::kernel {
namespace {

constexpr std::string_view prefix = "CONFIG_";
constexpr std::string_view off = " is not set";

bool is_option_name(std::string_view name) {
  return name.starts_with(prefix) && name.size() > prefix.size() &&
         name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
             std::string_view::npos;
}

std::string value_of(const Options& options, std::string_view name) {
  const auto found = options.find(name);
  return found == options.end() ? "n" : found->second;
}

/// Kconfig takes no other: a Y or a word without quotes is dropped by it.
bool is_value(std::string_view value) {
  if (value == "y" || value == "n" || value == "m" || value.empty()) {
    return true;
  }
  if (value.size() >= 2 && value.front() == '"') {
    return value.back() == '"';
  }
  const bool hex = value.starts_with("0x") || value.starts_with("0X");
  value.remove_prefix(hex ? 2 : value.front() == '-' ? 1 : 0);
  return !value.empty() &&
         value.find_first_not_of(hex ? "0123456789abcdefABCDEF" : "0123456789") == std::string_view::npos;
}

std::vector<std::string> selectors_on(const KconfigIndex& index, std::string_view symbol,
                                      const Options& got) {
  auto selectors = index.selectors(symbol);
  std::erase_if(selectors,
                [&](const auto& name) { return value_of(got, fmt::format("{}{}", prefix, name)) == "n"; });
  return selectors;
}

/// Why an option has more than was asked for.
std::string why_more(const KconfigIndex& index, const DroppedOption& option, const Options& got) {
  if (option.got != "y" || (option.wanted != "n" && option.wanted != "m")) {
    return {};
  }
  if (option.wanted == "m" && value_of(got, "CONFIG_MODULES") == "n") {
    return ", as modules are off: add CONFIG_MODULES=y";
  }
  const auto selectors = selectors_on(index, std::string_view(option.name).substr(prefix.size()), got);
  return selectors.empty() ? "" : fmt::format(", as it is selected by {}", listed(selectors));
}

/// " (x.config:12)": the last line of the last file that has the option.
std::string asked_at(std::string_view name, const std::vector<fs::path>& files) {
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    const auto text = read_file(*file);
    const auto lines = text ? split(*text, '\n') : std::vector<std::string_view>();
    for (auto number = lines.size(); number > 0; --number) {
      const auto line = parse_config("", lines[number - 1]);
      if (line && line->contains(name)) {
        return fmt::format(" ({}:{})", file->string(), number);
      }
    }
  }
  return {};
}

/// What to do when the compiler is the other one.
std::string compiler_hint(std::string_view text) {
  if (text.find("CC_IS_CLANG") != std::string_view::npos) {
    return "\n  for clang add CONFIG_CC_IS_CLANG=y, or the flavour clang (NAME+clang)";
  }
  return text.find("CC_IS_GCC") != std::string_view::npos ? "\n  for gcc add CONFIG_CC_IS_GCC=y" : "";
}

}  // namespace

Result<Options> parse_config(std::string_view name, std::string_view text) {
  Options options;
  std::size_t number = 0;
  for (const auto raw : split(text, '\n')) {
    ++number;
    const auto line = trimmed(raw);
    if (line.starts_with('#')) {
      const auto rest = trimmed(line.substr(1));
      if (rest.ends_with(off) && is_option_name(rest.substr(0, rest.size() - off.size()))) {
        options.insert_or_assign(std::string(rest.substr(0, rest.size() - off.size())), "n");
      }
      continue;
    }
    if (line.empty()) {
      continue;
    }
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || !is_option_name(line.substr(0, equals))) {
      return fail(Failure::usage,
                  "{}:{}: \"{}\" is no option; write CONFIG_NAME=value or # CONFIG_NAME is not set", name,
                  number, printable(line));
    }
    const auto value = line.substr(equals + 1);
    if (!is_value(value)) {
      return fail(Failure::usage,
                  "{}:{}: {} is no value for {}; write y, m, n, a number or a text in \"quotes\", and "
                  "nothing behind it",
                  name, number, printable(value), line.substr(0, equals));
    }
    options.insert_or_assign(std::string(line.substr(0, equals)), std::string(value));
  }
  return options;
}

Result<Options> merge_fragments(const std::vector<fs::path>& fragments) {
  Options merged;
  for (const auto& fragment : fragments) {
    auto text = read_file(fragment);
    if (!text) {
      return text.error();
    }
    auto options = parse_config(fragment.string(), *text);
    if (!options) {
      return options.error();
    }
    merged = overlaid(std::move(merged), *options);
  }
  return merged;
}

Options overlaid(Options options, const Options& over) {
  for (const auto& [name, value] : over) {
    options.insert_or_assign(name, value);
  }
  return options;
}

std::string config_text(const Options& options) {
  std::string text;
  for (const auto& [name, value] : options) {
    text += value == "n" ? fmt::format("# {}{}\n", name, off) : fmt::format("{}={}\n", name, value);
  }
  return text;
}

std::vector<DroppedOption> dropped_options(const Options& wanted, const Options& got) {
  std::vector<DroppedOption> dropped;
  for (const auto& [name, value] : wanted) {
    if (auto real = value_of(got, name); real != value) {
      dropped.push_back({name, value, std::move(real)});
    }
  }
  return dropped;
}

LostOptions lost_options(const Options& start, const Options& over, const Options& got,
                         const KconfigIndex& index) {
  LostOptions lost;
  for (auto& option : dropped_options(start, got)) {
    const auto symbol = std::string_view(option.name).substr(prefix.size());
    const auto* definitions = index.find(symbol);
    if (over.contains(option.name)) {
      continue;
    }
    if (definitions == nullptr) {
      if (option.wanted != "n") {
        lost.unknown.push_back(option.name);
      }
      continue;
    }
    const bool chosen = std::ranges::any_of(*definitions, &KconfigSymbol::has_prompt);
    const bool more = option.got == "y" && (option.wanted == "n" || option.wanted == "m");
    if (chosen && !(more && !selectors_on(index, symbol, got).empty())) {
      lost.dropped.push_back(std::move(option));
    }
  }
  return lost;
}

std::string explain_dropped(const KconfigIndex& index, const Options& got,
                            const std::vector<DroppedOption>& dropped, const std::vector<fs::path>& files) {
  std::string text;
  for (const auto& option : dropped) {
    const auto symbol = std::string_view(option.name).substr(prefix.size());
    text += fmt::format("\n  {}={}{}: ", option.name, option.wanted, asked_at(option.name, files));
    const auto* definitions = index.find(symbol);
    if (definitions == nullptr) {
      text += "this kernel has no such option" + did_you_mean(symbol, index.names());
      continue;
    }
    text += option.got == "n" && option.wanted != "n" ? "it is off" : "it became " + option.got;
    if (option.wanted == "m" && std::ranges::none_of(*definitions, &KconfigSymbol::can_be_module)) {
      text += fmt::format(", as it cannot be a module ({})", definitions->front().where);
      continue;
    }
    text += why_more(index, option, got);
    for (const auto& definition : *definitions) {
      text += definition.explain(
          [&](std::string_view name) { return value_of(got, fmt::format("{}{}", prefix, name)) != "n"; });
    }
  }
  return text + compiler_hint(text);
}

}  // namespace assay::kernel
