// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/command_line.hpp"

#include "cli/app_tree.hpp"
#include "cli/help.hpp"
#include "cli/surroundings.hpp"
#include "cli/values.hpp"
#include "run/build_places.hpp"

#include <algorithm>
#include <utility>

namespace assay::cli {
namespace {

constexpr const char* description =
    "Assay puts claims about Linux memory-management patches on trial: it boots kernels with and without the "
    "patch "
    "side by side, runs memory workloads in them and answers holds, refuted or inconclusive";

constexpr const char* examples =
    "Examples:\n"
    "  assay doctor\n"
    "  assay run shared-fault-vma-lock\n"
    "  assay try --series v3.mbox -e mine.toml\n"
    "  assay report last\n"
    "  assay help try\n";

/// CLI11 takes a word like [a,b] of a list apart. Such words travel with a mark in front.
constexpr char mark = '\x01';

std::string marked(const std::string& word) {
  return word.starts_with('[') && word.ends_with(']') ? mark + word : word;
}

std::string unmarked(std::string word) {
  if (word.starts_with(mark)) {
    word.erase(0, 1);
  }
  return word;
}

/// What holds of all options, however they were declared.
void make_strict(CLI::App& verb) {
  const bool has_arguments = !arguments_of(verb).empty();
  for (auto* option : verb.get_options()) {
    if (is_flag(*option)) {
      option->disable_flag_override();  // --json=3
      continue;
    }
    option->transform([](const std::string& text) { return unmarked(text); }, "");
    if (!option->get_positional() && has_arguments) {
      option->allow_extra_args(false);  // the word behind its value is an argument
    }
  }
  for (auto* sub : verb.get_subcommands([](CLI::App*) { return true; })) {
    make_strict(*sub);
  }
}

/// Each verb says what it ends with.
void add_exit_codes(CLI::App& verb) {
  using enum ExitCode;
  if (verb.get_footer().find("Exit codes:") == std::string::npos) {
    const auto before = verb.get_footer();
    verb.footer(before + (before.empty() || before.ends_with('\n') ? "" : "\n") +
                exit_codes({all_hold, usage, infrastructure, interrupted}));
  }
  for (auto* sub : verb.get_subcommands([](CLI::App* one) { return !one->get_name().empty(); })) {
    add_exit_codes(*sub);
  }
}

Task<Result<ExitCode>> printed_version() {
  print(fmt::format("assay {}\n", run::version));
  co_return ExitCode::all_hold;
}

/// --jobs= would take the next word for its value.
Status no_empty_values(const std::vector<std::string>& words) {
  for (const auto& word : words) {
    if (word == "--") {
      break;
    }
    if (word.starts_with("--") && word.find('=') == word.size() - 1) {
      return fail(Failure::usage, "cannot understand {}: it is empty", word);
    }
  }
  return {};
}

}  // namespace

CommandLine::CommandLine(Globals& globals) : app_(description, "assay") {
  app_.require_subcommand(1);
  app_.fallthrough();
  app_.set_help_flag("-h,--help", "explain a command");
  app_.set_version_flag("-V,--version", run::version, "print the program's version");
  takes(app_.add_option("--results", globals.results,
                        "folder of the results (default: $ASSAY_RESULTS, or results/ of the source tree)"),
        named("FOLDER"));
  takes(app_.add_option("--connect", globals.connect,
                        "run guests there (default: libvirt's embedded QEMU driver)"),
        libvirt_uri());
  app_.add_flag("-q,--quiet", globals.quiet, "no progress, only results and errors");
  for (const auto add : {add_run, add_try, add_mutate, add_runs, add_show, add_report, add_compare,
                         add_export, add_import, add_prune, add_list, add_kernel, add_exec, add_suite,
                         add_shell, add_gdb, add_doctor, add_completion, add_help}) {
    add(app_, globals, chosen_);
  }
  app_.footer(examples + exit_codes_of_program());
  add_exit_codes(app_);
  make_strict(app_);
}

Result<Action> CommandLine::parse(std::vector<std::string> words) {
  if (auto full = no_empty_values(words); !full) {
    return full.error();
  }
  // `assay kernel build help`
  if (words.size() > 1 && words.back() == "help") {
    if (const auto* verb = find_verb(app_, {words.begin(), words.end() - 1}); verb != nullptr) {
      return print_help(*verb);
    }
  }
  std::ranges::transform(words, words.begin(), marked);
  std::ranges::reverse(words);  // as CLI11 wants them
  try {
    app_.parse(std::move(words));
  } catch (const CLI::CallForHelp&) {
    return print_help(chosen_verb(app_));
  } catch (const CLI::CallForVersion&) {
    return Action(printed_version);
  } catch (const CLI::ParseError& error) {
    return usage_error(app_, error);
  }
  return chosen_;
}

}  // namespace assay::cli
