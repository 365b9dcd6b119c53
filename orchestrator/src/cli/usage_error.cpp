// SPDX-License-Identifier: GPL-2.0-or-later
// What CLI11 throws, said as all other errors are.
#include "base/text.hpp"
#include "cli/app_tree.hpp"
#include "cli/command_line.hpp"

#include <algorithm>

namespace assay::cli {
namespace {

std::vector<std::string> option_names(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const auto& options : {options_of(verb), global_options(verb)}) {
    for (const auto* option : options) {
      std::ranges::copy(names_of(*option), std::back_inserter(names));
    }
  }
  return names;
}

std::string see_help(const CLI::App& verb) { return fmt::format("; see {} --help", full_name(verb)); }

std::string without_dashes(const std::string& option) {
  return option.substr(std::min(option.find_first_not_of('-'), option.size()));
}

/// Near without the dashes, which all options share.
std::string near_option(const CLI::App& verb, const std::string& wrong) {
  const auto names = option_names(verb);
  std::vector<std::string> bare;
  std::ranges::transform(names, std::back_inserter(bare), without_dashes);
  const auto near = nearest(without_dashes(wrong), bare);
  const auto found = std::ranges::find(bare, near);
  return near.empty() ? "" : names[static_cast<std::size_t>(found - bare.begin())];
}

Error unknown_option(const CLI::App& verb, const std::string& word) {
  const auto name = word.substr(0, word.find('='));
  const auto near = near_option(verb, name);
  return fail(Failure::usage, "cannot understand {}: {} has no such option{}", printable(name),
              full_name(verb), near.empty() ? see_help(verb) : fmt::format("; did you mean \"{}\"?", near));
}

/// "rnu", or "gc", which is one of `assay kernel`.
Error unknown_verb(const CLI::App& verb, const std::string& word) {
  std::vector<std::string> names;
  std::string below;
  for (const auto* one : with_all_below(verb)) {
    if (one->get_parent() == &verb) {
      names.push_back(one->get_name());
    } else if (one != &verb && one->get_name() == word) {
      below = path_of(*one);
    }
  }
  auto hint = did_you_mean(word, names);
  if (hint.empty()) {
    hint = below.empty() ? see_help(verb) : fmt::format("; did you mean \"{}\"?", below);
  }
  return fail(Failure::usage, "cannot understand \"{}\": {} has no such command{}", printable(word),
              full_name(verb), hint);
}

Error unexpected(const CLI::App& verb, const std::string& word) {
  if (word.size() > 1 && word.front() == '-') {
    return unknown_option(verb, word);
  }
  if (!verbs_in(verb).empty()) {
    return unknown_verb(verb, word);
  }
  return fail(Failure::usage, "cannot understand \"{}\": it is one word too many; usage: {}", printable(word),
              usage_of(verb));
}

/// The names between the brackets of "Exactly 1 option from [--a,--b] is required".
std::string choice_in(std::string_view text) {
  const auto open = text.find('[');
  const auto close = text.find(']');
  std::vector<std::string> names;
  for (const auto name : split(text.substr(open + 1, close - open - 1), ',')) {
    names.emplace_back(name);
  }
  return listed(names);
}

Error required(const CLI::App& verb, const std::string& text) {
  const auto usage = "usage: " + usage_of(verb);
  if (!verbs_in(verb).empty()) {
    std::vector<std::string> names;
    for (const auto* sub : verbs_in(verb)) {
      names.push_back(sub->get_name());
    }
    return fail(Failure::usage, "cannot do anything without a command: {} has {}{}", full_name(verb),
                listed(names), see_help(verb));
  }
  if (text.find('[') != std::string::npos) {
    return fail(Failure::usage, "cannot run {}: it takes one of {}; {}", full_name(verb), choice_in(text),
                usage);
  }
  const auto name = text.substr(0, text.find(" is required"));
  return fail(Failure::usage, "cannot run {}: {} is missing; {}", full_name(verb), name, usage);
}

/// "--jobs: 1 required N missing", "--jobs: At Most 1 required but received 2", "json was given a ...".
Error mismatch(const CLI::App& verb, const std::string& text) {
  if (const auto flag = text.find(" was given a disallowed flag override"); flag != std::string::npos) {
    return fail(Failure::usage, "cannot understand --{}: it takes no value", text.substr(0, flag));
  }
  const auto name = text.substr(0, text.find(':'));
  const bool missing = text.ends_with(" missing");
  return missing ? fail(Failure::usage, "cannot understand {}: its value is missing{}", name, see_help(verb))
                 : fail(Failure::usage, "cannot understand {}: it was given more than once", name);
}

std::string pair_in(std::string text, std::string_view verb) {
  const auto at = text.find(verb);
  return at == std::string::npos ? text : text.replace(at, verb.size(), " and ");
}

}  // namespace

const CLI::App& chosen_verb(const CLI::App& app) {
  for (const auto* sub : verbs_in(app)) {
    if (sub->parsed()) {
      return chosen_verb(*sub);
    }
  }
  return app;
}

Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const auto& verb = chosen_verb(app);
  const std::string text = error.what();
  const auto name = error.get_name();
  // A word that nobody takes explains better than what is missing because of it.
  auto extra = app.remaining(true);
  std::erase(extra, "--");
  if (!extra.empty() && name != "ValidationError") {
    return unexpected(verb, extra.front());
  }
  if (name == "RequiredError") {
    return required(verb, text);
  }
  if (name == "ArgumentMismatch") {
    return mismatch(verb, text);
  }
  if (name == "ExcludesError") {
    return fail(Failure::usage, "cannot take {} together", pair_in(text, " excludes "));
  }
  if (name == "RequiresError") {
    return fail(Failure::usage, "cannot understand {}: it is only for use with {}",
                text.substr(0, text.find(' ')), text.substr(text.rfind(' ') + 1));
  }
  if (const auto colon = text.find(": "); name == "ValidationError" && colon != std::string::npos) {
    return fail(Failure::usage, "cannot understand {} {}", text.substr(0, colon), text.substr(colon + 2));
  }
  return fail(Failure::usage, "cannot understand the command line: {}", text);
}

}  // namespace assay::cli
