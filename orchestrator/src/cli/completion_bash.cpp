// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/app_tree.hpp"
#include "cli/completion.hpp"
#include "cli/values.hpp"

namespace assay::cli {
namespace {

constexpr std::string_view bash_head = R"bash(# bash completion for assay, printed by: assay completion bash

)bash";

/// What is not made of verbs and options.
constexpr std::string_view bash_body = R"bash(
# _assay_value KIND VALUE LINE...: sets `found` to what begins like VALUE.
_assay_value() {
  local kind=$1 value=$2
  found=()
  case $kind in
    words:*) mapfile -t found < <(compgen -W "${kind#words:}" -- "$value") ;;
    ask:*)
      mapfile -t found < <(compgen -W "$(assay completion bash --values "${kind#ask:}" -- "${@:3}" 2>/dev/null)" -- "$value")
      ;;
    ask+files:*)
      _assay_value "ask:${kind#*:}" "${@:2}"
      local -a names=("${found[@]}")
      _assay_value files "$value"
      found=("${names[@]}" "${found[@]}")
      ;;
    files | folders)
      local which=-f
      [[ $kind == files ]] || which=-d
      mapfile -t found < <(compgen "$which" -- "$value")
      compopt -o filenames 2>/dev/null
      ;;
  esac
}

_assay() {
  local -a line found=()
  local typed=${COMP_LINE:0:COMP_POINT}
  read -ra line <<<"$typed"
  [[ $typed != *[[:space:]] ]] || line+=('')
  local current=${line[-1]} verb='' option='' rest='' argument=1 word kind i
  for ((i = 1; i < ${#line[@]} - 1; ++i)); do
    word=${line[i]}
    if [[ -z $rest && $word == -- ]]; then
      rest=yes
    elif [[ -z $rest && $word == -* ]]; then
      option=
      [[ $word == *=* || -z $(_assay_kind "$verb" "$word") ]] || option=$word
    elif [[ -n $option ]]; then
      option=
    elif [[ " $(_assay_verbs "$verb") " == *" $word "* ]]; then
      verb=${verb:+$verb }$word
    else
      ((++argument))
    fi
  done
  local value=$current before=
  if [[ -z $rest && $current == --*=* ]]; then
    before=${current%%=*}=
    value=${current#*=}
    kind=$(_assay_kind "$verb" "${current%%=*}")
  elif [[ -z $rest && $current == -* ]]; then
    kind="words:$(_assay_options "$verb")"
  elif [[ -n $option ]]; then
    kind=$(_assay_kind "$verb" "$option")
  elif [[ -n $(_assay_verbs "$verb") ]]; then
    kind="words:$(_assay_verbs "$verb")"
  else
    kind=$(_assay_kind "$verb" "$argument")
    [[ -n $kind ]] || kind=$(_assay_kind "$verb" all)
  fi
  _assay_value "$kind" "$value" "${line[@]:1:${#line[@]}-2}" "$value"
  # Readline replaces what stands behind the last of its word breaks.
  local behind=$current
  [[ $COMP_WORDBREAKS != *:* ]] || behind=${behind##*:}
  [[ $COMP_WORDBREAKS != *=* ]] || behind=${behind##*=}
  local kept=${current%"$behind"}
  COMPREPLY=()
  for word in "${found[@]}"; do
    [[ $word != *= ]] || compopt -o nospace 2>/dev/null
    word=$before$word
    COMPREPLY+=("${word#"$kept"}")
  done
}
complete -F _assay assay
)bash";

/// "words:html json", "ask:RUN", "ask+files:EXPERIMENT", "files", "folders" or "none".
std::string kind_text(const CLI::Option& option) {
  const auto completion = completion_of(option.get_type_name());
  if (!completion.words.empty()) {
    return fmt::format("words:{}", fmt::join(completion.words, " "));
  }
  if (completion.asks) {
    return fmt::format("ask{}:{}", completion.files ? "+files" : "", option.get_type_name());
  }
  return completion.files ? "files" : completion.folders ? "folders" : "none";
}

std::string case_line(std::string_view pattern, std::string_view text) {
  return fmt::format("    '{}') echo '{}' ;;\n", pattern, text);
}

std::string verb_names(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const auto* sub : verbs_in(verb)) {
    names.push_back(sub->get_name());
  }
  return fmt::to_string(fmt::join(names, " "));
}

std::vector<const CLI::Option*> all_options(const CLI::App& verb) {
  auto all = options_of(verb);
  if (verb.get_parent() != nullptr) {
    std::ranges::copy(global_options(verb), std::back_inserter(all));
  }
  return all;
}

std::string option_words(const CLI::App& verb) {
  std::string words;
  for (const auto* option : all_options(verb)) {
    words += fmt::format("{}{}", words.empty() ? "" : " ", fmt::join(names_of(*option), " "));
  }
  return words;
}

std::string kind_lines(const CLI::App& verb) {
  std::string lines;
  const auto path = path_of(verb);
  for (const auto* option : all_options(verb)) {
    for (const auto& name : is_flag(*option) ? std::vector<std::string>() : names_of(*option)) {
      lines += case_line(path + " " + name, kind_text(*option));
    }
  }
  unsigned number = 0;
  for (const auto* argument : arguments_of(verb)) {
    ++number;
    const auto place = is_list(*argument) ? std::string("all") : std::to_string(number);
    lines += case_line(path + " " + place, kind_text(*argument));
  }
  return lines;
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::string verbs;
  std::string options;
  std::string kinds;
  for (const auto* verb : with_all_below(app)) {
    if (const auto names = verb_names(*verb); !names.empty()) {
      verbs += case_line(path_of(*verb), names);
    }
    options += case_line(path_of(*verb), option_words(*verb));
    kinds += kind_lines(*verb);
  }
  const auto function = [](std::string_view name, std::string_view word, std::string_view cases) {
    return fmt::format("{}() {{\n  case {} in\n{}  esac\n}}\n", name, word, cases);
  };
  return fmt::format("{}{}{}{}{}", bash_head, function("_assay_verbs", "$1", verbs),
                     function("_assay_options", "$1", options), function("_assay_kind", "\"$1 $2\"", kinds),
                     bash_body);
}

}  // namespace assay::cli
