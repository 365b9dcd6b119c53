// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/app_tree.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace assay::cli {
namespace {

using Filter = std::function<bool(const CLI::Option*)>;

/// Of the verb and of its groups, which CLI11 makes nameless verbs with a --help of their own.
void add_options(const CLI::App& verb, const Filter& wanted, std::vector<const CLI::Option*>& all) {
  const bool is_group = verb.get_name().empty();
  std::ranges::copy_if(verb.get_options(wanted), std::back_inserter(all),
                       [&](const CLI::Option* option) { return !is_group || option != verb.get_help_ptr(); });
  for (const auto* group :
       verb.get_subcommands([](const CLI::App* sub) { return sub->get_name().empty(); })) {
    add_options(*group, wanted, all);
  }
}

std::vector<const CLI::Option*> collected(const CLI::App& verb, const Filter& wanted) {
  std::vector<const CLI::Option*> all;
  add_options(verb, wanted, all);
  return all;
}

std::string all_names(const std::set<CLI::Option*>& options) {
  std::vector<std::string> names;
  for (const auto* option : options) {
    names.push_back(option->get_name());
  }
  std::ranges::sort(names);
  return listed(names);
}

}  // namespace

std::string full_name(const CLI::App& verb) {
  return verb.get_parent() == nullptr ? verb.get_name()
                                      : full_name(*verb.get_parent()) + " " + verb.get_name();
}

std::string path_of(const CLI::App& verb) {
  const auto name = full_name(verb);
  const auto blank = name.find(' ');
  return blank == std::string::npos ? "" : name.substr(blank + 1);
}

std::vector<const CLI::App*> verbs_in(const CLI::App& verb) {
  return verb.get_subcommands([](const CLI::App* sub) { return !sub->get_name().empty(); });
}

std::vector<const CLI::App*> with_all_below(const CLI::App& verb) {
  std::vector<const CLI::App*> all{&verb};
  for (const auto* sub : verbs_in(verb)) {
    std::ranges::copy(with_all_below(*sub), std::back_inserter(all));
  }
  return all;
}

std::vector<std::string> paths_below(const CLI::App& verb) {
  std::vector<std::string> paths;
  for (const auto* one : with_all_below(verb)) {
    paths.push_back(path_of(*one));
  }
  paths.erase(paths.begin());
  return paths;
}

const CLI::App* find_verb(const CLI::App& root, const std::vector<std::string>& path) {
  const auto* verb = &root;
  for (const auto& name : path) {
    const auto subs = verbs_in(*verb);
    const auto found = std::ranges::find(subs, name, [](const CLI::App* sub) { return sub->get_name(); });
    if (found == subs.end()) {
      return nullptr;
    }
    verb = *found;
  }
  return verb;
}

std::vector<const CLI::Option*> options_of(const CLI::App& verb) {
  return collected(verb, [](const CLI::Option* option) {
    return !option->get_positional() && !option->get_group().empty();
  });
}

std::vector<const CLI::Option*> global_options(const CLI::App& verb) {
  const auto* root = &verb;
  while (root->get_parent() != nullptr) {
    root = root->get_parent();
  }
  auto all = options_of(*root);
  std::erase_if(all, [&](const CLI::Option* option) {
    return option == root->get_help_ptr() || option == root->get_version_ptr();
  });
  return all;
}

std::vector<const CLI::Option*> arguments_of(const CLI::App& verb) {
  return collected(verb, [](const CLI::Option* option) {
    return option->get_positional() && !option->get_group().empty();
  });
}

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const auto& name : option.get_snames()) {
    names.push_back("-" + name);
  }
  for (const auto& name : option.get_lnames()) {
    names.push_back("--" + name);
  }
  return names;
}

bool is_flag(const CLI::Option& option) { return option.get_items_expected_max() == 0; }

bool is_list(const CLI::Option& option) { return option.get_items_expected_max() > 1; }

bool may_be_bare(const CLI::Option& option) { return !is_flag(option) && option.get_expected_min() == 0; }

std::string argument_text(const CLI::Option& argument) {
  const auto text = argument.get_type_name() + (is_list(argument) ? "..." : "");
  return argument.get_required() ? text : "[" + text + "]";
}

std::string usage_of(const CLI::App& verb) {
  auto text = full_name(verb);
  if (!verbs_in(verb).empty()) {
    return text + " COMMAND";
  }
  text += " [OPTION...]";
  for (const auto* option : options_of(verb)) {
    if (option->get_required()) {
      text += fmt::format(" {} {}", option->get_name(), option->get_type_name());
    }
  }
  for (const auto* argument : arguments_of(verb)) {
    text += " " + argument_text(*argument);
  }
  return text;
}

std::string explained(const CLI::Option& option) {
  auto text = option.get_description();
  if (!option.get_default_str().empty()) {
    text += fmt::format(" (default: {})", option.get_default_str());
  }
  if (!option.get_needs().empty()) {
    text += fmt::format("; only with {}", all_names(option.get_needs()));
  }
  if (!option.get_excludes().empty()) {
    text += fmt::format("; not with {}", all_names(option.get_excludes()));
  }
  return text;
}

std::vector<Section> sections_of(const CLI::App& verb) {
  const auto footer = verb.get_footer();
  std::vector<Section> sections;
  for (const auto line : split(footer, '\n')) {
    if (line.ends_with(':') && !line.starts_with(' ')) {
      sections.push_back({std::string(line.substr(0, line.size() - 1)), {}});
    } else if (!line.empty() && !sections.empty()) {
      sections.back().lines.emplace_back(line);
    }
  }
  return sections;
}

}  // namespace assay::cli
