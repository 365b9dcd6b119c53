// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/man_page.hpp"

#include "base/text.hpp"
#include "cli/app_tree.hpp"
#include "cli/surroundings.hpp"
#include "cli/values.hpp"
#include "run/build_places.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace assay::cli {
namespace {

/// As text of a line: no escape, no request, and dashes that can be copied.
std::string roff(std::string_view text) {
  std::string result;
  for (const char c : text) {
    result += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string(1, c);
  }
  return result.starts_with('.') || result.starts_with('\'') ? "\\&" + result : result;
}

std::string bold(std::string_view text) { return fmt::format("\\fB{}\\fR", roff(text)); }
std::string italic(std::string_view text) { return fmt::format("\\fI{}\\fR", roff(text)); }

std::string upper(std::string_view text) {
  std::string result;
  for (const char c : text) {
    result += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return result;
}

std::string heading(std::string_view text) { return fmt::format(".SH {}\n", roff(upper(text))); }

/// A term and what it means. `term` is roff.
std::string item(const std::string& term, std::string_view text) {
  return fmt::format(".TP\n{}\n{}\n", term, roff(text));
}

std::string dashed(const CLI::App& verb) {
  auto name = full_name(verb);
  std::ranges::replace(name, ' ', '-');
  return name;
}

std::string option_item(const CLI::Option& option) {
  std::string term;
  for (const auto& name : names_of(option)) {
    term += (term.empty() ? "" : ", ") + bold(name);
  }
  if (!is_flag(option)) {
    const auto value = italic(option.get_type_name());
    term += may_be_bare(option) ? " [" + value + "]" : " " + value;
  }
  return item(term, explained(option));
}

std::string option_items(std::string_view name, const std::vector<const CLI::Option*>& options) {
  std::string text = options.empty() ? "" : heading(name);
  for (const auto* option : options) {
    text += option_item(*option);
  }
  return text;
}

std::string table(std::string_view name, const std::vector<Explained>& rows) {
  auto text = heading(name);
  for (const auto& row : rows) {
    text += item(bold(row.name), row.text);
  }
  return text;
}

/// "  70  infrastructure": what stands in two columns there becomes terms.
std::string section(const Section& section) {
  auto text = heading(section.heading == "Exit codes" ? "Exit status" : section.heading) + ".nf\n";
  for (const auto& line : section.lines) {
    text += roff(line) + "\n";
  }
  return text + ".fi\n";
}

std::string see_also(const CLI::App& verb) {
  std::vector<std::string> pages;
  const auto add = [&](const CLI::App& other) {
    pages.push_back(fmt::format(".BR {} (1)", roff(dashed(other))));
  };
  if (verb.get_parent() != nullptr) {
    add(*verb.get_parent());
  }
  for (const auto* sub : verbs_in(verb)) {
    add(*sub);
  }
  return heading("See also") + fmt::format("{}\n", fmt::join(pages, ",\n"));
}

std::string synopsis(const CLI::App& verb) {
  const auto name = full_name(verb);
  return heading("Synopsis") + bold(name) + roff(usage_of(verb).substr(name.size())) + "\n";
}

}  // namespace

std::string man_page_name(const CLI::App& verb) { return dashed(verb) + ".1"; }

std::string man_page(const CLI::App& verb) {
  auto text = fmt::format(
      ".\\\" Made by assay help \\-\\-man from what --help has.\n.TH {} 1 \"\" \"Assay {}\" "
      "\"Assay\"\n",
      roff(upper(dashed(verb))), run::version);
  text += heading("Name") + fmt::format("{} \\- {}\n", roff(dashed(verb)), roff(verb.get_description()));
  text += synopsis(verb);
  const auto arguments = arguments_of(verb);
  text += arguments.empty() ? "" : heading("Arguments");
  for (const auto* argument : arguments) {
    text += item(italic(argument_text(*argument)), explained(*argument));
  }
  const auto subs = verbs_in(verb);
  text += subs.empty() ? "" : heading("Commands");
  for (const auto* sub : subs) {
    text += item(bold(sub->get_name()), sub->get_description());
  }
  text += option_items("Options", options_of(verb));
  if (verb.get_parent() != nullptr) {
    text += option_items("Options of all commands", global_options(verb));
  }
  for (const auto& one : sections_of(verb)) {
    text += section(one);
  }
  return text + table("Files", files_of_program()) + table("Environment", environment_variables()) +
         see_also(verb);
}

}  // namespace assay::cli
