// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/config.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "kernel/kconfig.hpp"

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
    options.insert_or_assign(std::string(line.substr(0, equals)), std::string(line.substr(equals + 1)));
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

std::string explain_dropped(const fs::path& tree, std::string_view source_arch, const Options& got,
                            const std::vector<DroppedOption>& dropped) {
  const KconfigIndex index(tree, source_arch);
  std::string text;
  for (const auto& option : dropped) {
    const auto symbol = std::string_view(option.name).substr(prefix.size());
    text += fmt::format("\n  {}={}: ", option.name, option.wanted);
    const auto* definitions = index.find(symbol);
    if (definitions == nullptr) {
      text += "this kernel has no such option" + did_you_mean(symbol, index.names());
      continue;
    }
    if (option.got != "n") {
      text += fmt::format("it became {}", option.got);
    } else {
      text += option.wanted == "n" ? "it became n" : "it is off";
    }
    for (const auto& definition : *definitions) {
      text += definition.explain(
          [&](std::string_view name) { return value_of(got, fmt::format("{}{}", prefix, name)) != "n"; });
    }
  }
  return text;
}

}  // namespace assay::kernel
