// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/help.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/app_tree.hpp"
#include "cli/man_page.hpp"
#include "cli/values.hpp"
#include "report/layout.hpp"

#include <utility>

namespace assay::cli {
namespace {

constexpr std::size_t text_column = 24;

/// "  left     text", the text beside or below, to the end of the page.
std::string entry(const std::string& left, std::string_view text) {
  const auto start = "  " + left;
  const bool beside = start.size() + 2 <= text_column;
  const auto first = beside ? fmt::format("{:<{}}", start, text_column) : std::string(text_column, ' ');
  return (beside ? "" : start + "\n") + report::wrapped(first, text);
}

std::string option_left(const CLI::Option& option) {
  auto left = fmt::to_string(fmt::join(names_of(option), ", "));
  if (!is_flag(option)) {
    left += may_be_bare(option) ? fmt::format(" [{}]", option.get_type_name()) : " " + option.get_type_name();
  }
  return left;
}

std::string option_entries(const std::vector<const CLI::Option*>& options) {
  std::string text;
  for (const auto* option : options) {
    text += entry(option_left(*option), explained(*option));
  }
  return text;
}

std::string verb_entries(const CLI::App& verb) {
  std::string text;
  for (const auto* sub : verbs_in(verb)) {
    text += entry(sub->get_name(), sub->get_description());
  }
  return text;
}

std::string capitalised(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') {
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  }
  return text;
}

Task<Result<ExitCode>> printed_help(const CLI::App& verb) {
  print(help_text(verb));
  co_return ExitCode::all_hold;
}

struct HelpOptions {
  std::vector<std::string> path;
  std::string man;
};

Result<ExitCode> written_pages(const CLI::App& root, const fs::path& folder) {
  if (auto made = make_directories(folder); !made) {
    return made.error();
  }
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".1") {
      fs::remove(entry.path(), error);  // of a command that is gone
    }
  }
  for (const auto* verb : with_all_below(root)) {
    if (auto written = write_file(folder / man_page_name(*verb), man_page(*verb)); !written) {
      return written.error();
    }
  }
  return ExitCode::all_hold;
}

Task<Result<ExitCode>> help_verb(const CLI::App& root, HelpOptions options) {
  if (!options.man.empty()) {
    co_return written_pages(root, options.man);
  }
  const auto* verb = find_verb(root, options.path);
  if (verb == nullptr) {
    const auto name = fmt::to_string(fmt::join(options.path, " "));
    co_return fail(Failure::usage, "cannot help with \"{}\": there is no such command{}", printable(name),
                   did_you_mean(name, paths_below(root)));
  }
  print(help_text(*verb));
  co_return ExitCode::all_hold;
}

}  // namespace

std::string help_text(const CLI::App& verb) {
  std::string text = fmt::format("usage: {}\n\n{}", usage_of(verb),
                                 report::wrapped("", capitalised(verb.get_description()) + "."));
  const auto add = [&](std::string_view heading, const std::string& entries) {
    text += entries.empty() ? "" : fmt::format("\n{}:\n{}", heading, entries);
  };
  std::string arguments;
  for (const auto* argument : arguments_of(verb)) {
    arguments += entry(argument_text(*argument), explained(*argument));
  }
  add("Arguments", arguments);
  add("Commands", verb_entries(verb));
  add("Options", option_entries(options_of(verb)));
  if (verb.get_parent() != nullptr) {
    add("Options of all commands", option_entries(global_options(verb)));
  }
  for (const auto& section : sections_of(verb)) {
    add(section.heading, fmt::format("{}\n", fmt::join(section.lines, "\n")));
  }
  return text;
}

Action print_help(const CLI::App& verb) {
  return [&verb] { return printed_help(verb); };
}

void add_help(CLI::App& app, Globals& /*globals*/, Action& chosen) {
  auto options = std::make_shared<HelpOptions>();
  auto* verb = app.add_subcommand("help", "explain a command, as its --help does");
  takes(
      verb->add_option("command", options->path, "which one, as in \"kernel build\" (default: the program)"),
      named("COMMAND"));
  takes(verb->add_option("--man", options->man, "write a manual page for each command into this folder"),
        named("FOLDER"))
      ->group("");
  verb->callback([&app, &chosen, options] { chosen = [&app, options] { return help_verb(app, *options); }; });
}

}  // namespace assay::cli
