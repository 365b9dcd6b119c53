// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/verb.hpp"

#include <cstdio>

namespace assay::cli {
namespace {

/// Words come from the program itself, so that the script never falls behind it.
constexpr const char* bash_script = R"bash(# bash completion for assay: eval "$(assay completion bash)"
_assay() {
  local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} words=
  case $verb:${COMP_WORDS[2]} in
    kernel:build | kernel:path | kernel:show | kernel:diff | kernel:log)
      words=$(assay -q list variants 2>/dev/null | cut -d' ' -f1) ;;
    exec:* | shell:*)
      case ${COMP_WORDS[COMP_CWORD - 1]} in
        --kernel | -k) words=$(assay -q list variants 2>/dev/null | cut -d' ' -f1) ;;
        --arch) words="x86_64 sparc64" ;;
        --accel) words="auto kvm tcg" ;;
        *)
          words="--kernel --arch --memory --vcpus --accel --append --file --env"
          [[ $verb = shell ]] && words+=" --busybox" || words+=" --get --timeout --stdin --ktap --"
          ;;
      esac ;;
    kernel:*) words="list build path show diff log gc" ;;
    run:*) words="$(assay -q list experiments 2>/dev/null) --kernel --trials --seed --accel --jobs --resume --dry-run --json --ktap" ;;
    try:*)
      case ${COMP_WORDS[COMP_CWORD - 1]} in
        --experiment | -e) words=$(assay -q list experiments 2>/dev/null) ;;
        --like) words=$(assay -q list variants 2>/dev/null | cut -d' ' -f1) ;;
        --tree | --series | -s | --config) words= ;;
        *) words="--tree --series --base --head --rev --like --config --experiment --trials --seed --accel --jobs --dry-run --json --ktap" ;;
      esac ;;
    report:*)
      case ${COMP_WORDS[COMP_CWORD - 1]} in
        --format | -f) words="html json junit kcidb ktap markdown text" ;;
        --output | -o) words= ;;
        *) words="$(assay -q runs 2>/dev/null | awk 'NR > 1 { print $1 }') last --format --output" ;;
      esac ;;
    export:*) words="$(assay -q runs 2>/dev/null | awk 'NR > 1 { print $1 }') last --jsonl --csv --npz --samples --output" ;;
    import:*) words="--dry-run" ;;
    prune:*) words="$(assay -q runs 2>/dev/null | awk 'NR > 1 { print $1 }') --keep --older-than --yes" ;;
    show:*) words="$(assay -q runs 2>/dev/null | awk 'NR > 1 { print $1 }') last --json --ktap" ;;
    list:*) words="experiments workloads variants" ;;
    completion:*) words="bash" ;;
  esac
  [[ $COMP_CWORD -gt 1 ]] || words="run try runs show report compare export import prune list kernel exec shell doctor completion --help --version --results --connect --quiet"
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o default -F _assay assay
)bash";

Task<Result<ExitCode>> completion_verb() {
  std::fputs(bash_script, stdout);
  co_return ExitCode::all_hold;
}

}  // namespace

void add_completion(CLI::App& app, Globals& /*globals*/, Action& chosen) {
  auto shell = std::make_shared<std::string>("bash");
  auto* verb = app.add_subcommand("completion",
                                  "print the shell's completion script: eval \"$(assay completion bash)\"");
  verb->add_option("shell", *shell, "bash")->check(CLI::IsMember({"bash"}));
  verb->callback([&chosen, shell] { chosen = [] { return completion_verb(); }; });
}

}  // namespace assay::cli
