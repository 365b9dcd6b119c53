// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/app_tree.hpp"
#include "cli/completion.hpp"
#include "cli/values.hpp"

namespace assay::cli {
namespace {

constexpr std::string_view fish_head = R"fish(# fish completion for assay, printed by: assay completion fish

# The command that the line names so far: "", "kernel build".
function __assay_verb
    set -l verb ''
    set -l takes_value no
    for word in (commandline -opc)[2..-1]
        switch $word
            case '--*=*'
                set takes_value no
            case '-*'
                set takes_value no
                contains -- "$verb $word" $__assay_with_value; and set takes_value yes
            case '*'
                if test $takes_value = yes
                    set takes_value no
                else if contains -- (string trim "$verb $word") $__assay_verbs
                    set verb (string trim "$verb $word")
                end
        end
    end
    echo $verb
end

function __assay_at
    set -l verb (__assay_verb)
    test "$verb" = "$argv"
end

function __assay_ask
    assay completion fish --values $argv[1] -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null
end

complete -c assay -f
)fish";

/// Within '...'.
std::string fish_escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    result += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  }
  return result;
}

/// " -x -a '...'": what follows an option, or an argument.
std::string fish_value_part(const CLI::Option& option, bool is_argument) {
  const auto word = option.get_type_name();
  const auto completion = completion_of(word);
  const auto candidates = !completion.words.empty() ? fmt::format("{}", fmt::join(completion.words, " "))
                          : completion.asks         ? fmt::format("(__assay_ask {})", word)
                          : completion.folders      ? "(__fish_complete_directories (commandline -ct))"
                                                    : "";
  const auto required = is_argument ? "" : completion.files ? " -r" : " -x";
  return fmt::format("{}{}{}", required, completion.files ? " -F" : "",
                     candidates.empty() ? "" : fmt::format(" -a '{}'", fish_escaped(candidates)));
}

std::string start(const CLI::App& verb) {
  const auto path = path_of(verb);
  return fmt::format("complete -c assay -n '__assay_at{}{}'", path.empty() ? "" : " ", path);
}

std::string option_line(const CLI::App& verb, const CLI::Option& option) {
  auto line = start(verb);
  for (const auto& name : names_of(option)) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  return fmt::format("{}{} -d '{}'\n", line, is_flag(option) ? "" : fish_value_part(option, false),
                     fish_escaped(explained(option)));
}

std::string lines_of(const CLI::App& verb) {
  std::string lines;
  for (const auto* sub : verbs_in(verb)) {
    lines +=
        fmt::format("{} -a {} -d '{}'\n", start(verb), sub->get_name(), fish_escaped(sub->get_description()));
  }
  for (const auto* option : options_of(verb)) {
    lines += option_line(verb, *option);
  }
  for (const auto* option :
       verb.get_parent() == nullptr ? std::vector<const CLI::Option*>() : global_options(verb)) {
    lines += option_line(verb, *option);
  }
  for (const auto* argument : arguments_of(verb)) {
    const auto value = fish_value_part(*argument, true);
    lines += value.empty() ? "" : start(verb) + value + "\n";
  }
  return lines;
}

/// 'run --jobs' and the like: behind them stands a value, not a command.
std::string options_with_value(const CLI::App& app) {
  std::string words;
  for (const auto* verb : with_all_below(app)) {
    for (const auto& options : {options_of(*verb), global_options(*verb)}) {
      for (const auto* option : options) {
        for (const auto& name : is_flag(*option) ? std::vector<std::string>() : names_of(*option)) {
          words += fmt::format(" '{} {}'", path_of(*verb), name);
        }
      }
    }
  }
  return words;
}

}  // namespace

std::string fish_completion(const CLI::App& app) {
  auto text = fmt::format("{}set -g __assay_with_value{}\nset -g __assay_verbs '{}'\n", fish_head,
                          options_with_value(app), fmt::join(paths_below(app), "' '"));
  for (const auto* verb : with_all_below(app)) {
    text += lines_of(*verb);
  }
  return text;
}

}  // namespace assay::cli
