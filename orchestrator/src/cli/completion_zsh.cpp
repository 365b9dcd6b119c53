// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/app_tree.hpp"
#include "cli/completion.hpp"
#include "cli/values.hpp"

#include <algorithm>

namespace assay::cli {
namespace {

constexpr std::string_view zsh_head = R"zsh(#compdef assay
# zsh completion for assay, printed by: assay completion zsh

# Below a command _arguments has cut the words before it off; _assay_line has them all.
_assay_ask() {
  local -a found
  found=(${(f)"$(assay completion zsh --values "$1" -- "${(@Q)_assay_line}" 2>/dev/null)"})
  compadd -S '' -a found
}
_assay_ask_or_files() {
  _assay_ask "$1"
  _files
}
)zsh";

constexpr std::string_view zsh_tail = R"zsh(
if [[ $funcstack[1] == _assay ]]; then
  _assay "$@"
else
  compdef _assay assay
fi
)zsh";

/// Within '...' of a specification; `special` are characters that mean something in this part of it.
std::string zsh_escaped(std::string_view text, std::string_view special) {
  std::string result;
  for (const char c : text) {
    if (c == '\'') {
      result += "'\\''";
    } else {
      result += special.find(c) != std::string_view::npos ? std::string("\\") + c : std::string(1, c);
    }
  }
  return result;
}

std::string function_of(const CLI::App& verb) {
  auto name = "_" + full_name(verb);
  std::ranges::replace(name, ' ', '_');
  return name;
}

/// ":MESSAGE:ACTION"; a blank before the action keeps options of compadd out of its arguments.
std::string zsh_value_part(const CLI::Option& option) {
  const auto word = option.get_type_name();
  const auto completion = completion_of(word);
  const auto action = !completion.words.empty() ? fmt::format("({})", fmt::join(completion.words, " "))
                      : completion.asks
                          ? fmt::format(" _assay_ask{} {}", completion.files ? "_or_files" : "", word)
                      : completion.files   ? "_files"
                      : completion.folders ? "_files -/"
                                           : " ";
  return fmt::format(":{}:{}", zsh_escaped(word, ":\\"), action);
}

/// One specification of _arguments for each name: '(-j --jobs)-j+[text]:N: '.
std::string option_specs(const CLI::Option& option) {
  const auto names = names_of(option);
  const auto text = zsh_escaped(explained(option), "[]:\\");
  const auto before = is_list(option) ? "*" : fmt::format("({})", fmt::join(names, " "));
  std::string specs;
  for (const auto& name : names) {
    const auto joint = is_flag(option) ? "" : name.starts_with("--") ? "=" : "+";
    const auto value = is_flag(option) ? "" : (may_be_bare(option) ? ":" : "") + zsh_value_part(option);
    specs += fmt::format(" \\\n    '{}{}{}[{}]{}'", before, name, joint, text, value);
  }
  return specs;
}

std::string argument_specs(const CLI::App& verb) {
  std::string specs;
  unsigned number = 0;
  for (const auto* argument : arguments_of(verb)) {
    ++number;
    const auto place = is_list(*argument) ? "*" : std::to_string(number);
    specs += fmt::format(" \\\n    '{}{}{}'", place, argument->get_required() ? "" : ":",
                         zsh_value_part(*argument));
  }
  return specs;
}

std::string all_option_specs(const CLI::App& verb) {
  std::string specs;
  for (const auto* option : options_of(verb)) {
    specs += option_specs(*option);
  }
  for (const auto* option :
       verb.get_parent() == nullptr ? std::vector<const CLI::Option*>() : global_options(verb)) {
    specs += option_specs(*option);
  }
  return specs;
}

std::string function_with_verbs(const CLI::App& verb) {
  std::string described;
  std::string cases;
  for (const auto* sub : verbs_in(verb)) {
    described +=
        fmt::format("\n        '{}:{}'", sub->get_name(), zsh_escaped(sub->get_description(), ":\\"));
    cases += fmt::format("        {}) {} ;;\n", sub->get_name(), function_of(*sub));
  }
  const auto whole_line =
      verb.get_parent() == nullptr ? "  local -a _assay_line=(\"${(@)words[2,CURRENT]}\")\n" : "";
  return fmt::format(R"zsh(
{}() {{
{}  local curcontext="$curcontext" state line
  typeset -A opt_args
  _arguments -C -s -S{} \
    '1:command:->command' '*::argument:->argument'
  case $state in
    command)
      local -a verbs=({}
      )
      _describe command verbs
      ;;
    argument)
      case $line[1] in
{}      esac
      ;;
  esac
}}
)zsh",
                     function_of(verb), whole_line, all_option_specs(verb), described, cases);
}

std::string function_text(const CLI::App& verb) {
  if (!verbs_in(verb).empty()) {
    return function_with_verbs(verb);
  }
  return fmt::format("\n{}() {{\n  _arguments -s -S{}{}\n}}\n", function_of(verb), all_option_specs(verb),
                     argument_specs(verb));
}

}  // namespace

std::string zsh_completion(const CLI::App& app) {
  std::string text(zsh_head);
  for (const auto* verb : with_all_below(app)) {
    text += function_text(*verb);
  }
  return text + std::string(zsh_tail);
}

}  // namespace assay::cli
