// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/completion.hpp"

#include "cli/values.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <ranges>
#include <utility>

namespace assay::cli {
namespace {

struct CompletionOptions {
  std::string shell;
  std::string values;
  std::vector<std::string> line;
};

/// Names come from files of other people. Scripts put values into lines that a shell reads, and bash's
/// compgen even expands them: one that is no plain word there could be a command.
bool is_plain_word(std::string_view value) {
  static constexpr std::string_view plain = "+-.,/:=@%_";
  return !value.empty() && std::ranges::all_of(value, [](unsigned char c) {
    return c >= 0x80 || std::isalnum(c) != 0 || plain.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

/// What stands behind --results in the line that is being typed, as the shell would hand it on.
std::string results_in(const std::vector<std::string>& line) {
  static constexpr std::string_view option = "--results";
  std::string results;
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    if (line[i] == option) {
      results = i + 2 < line.size() ? line[i + 1] : results;  // the last word is not typed yet
    } else if (line[i].starts_with(std::string(option) + "=")) {
      results = line[i].substr(option.size() + 1);
    }
  }
  const char* home = std::getenv("HOME");
  return home != nullptr && (results == "~" || results.starts_with("~/")) ? home + results.substr(1)
                                                                          : results;
}

Task<Result<ExitCode>> print_values(const CLI::App& app, Globals& globals, CompletionOptions options) {
  if (auto results = results_in(options.line); !results.empty()) {
    globals.results = std::move(results);
  }
  const auto places = globals.places();
  if (!places) {
    co_return places.error();
  }
  const auto values = co_await values_here(app, *places, std::move(options.values), std::move(options.line));
  for (const auto& value : values | std::views::filter(is_plain_word)) {
    print_exactly(value + "\n");
  }
  co_return ExitCode::all_hold;
}

Task<Result<ExitCode>> completion_verb(const CLI::App& app, Globals& globals, CompletionOptions options) {
  if (!options.values.empty()) {
    co_return co_await print_values(app, globals, std::move(options));
  }
  print(options.shell == "bash"  ? bash_completion(app)
        : options.shell == "zsh" ? zsh_completion(app)
                                 : fish_completion(app));
  co_return ExitCode::all_hold;
}

}  // namespace

void add_completion(CLI::App& app, Globals& globals, Action& chosen) {
  auto options = std::make_shared<CompletionOptions>();
  auto* verb = app.add_subcommand("completion", "print the script by which a shell completes all this");
  takes(verb->add_option("shell", options->shell, "which one"), one_of({"bash", "zsh", "fish"}))->required();
  // What the scripts ask for: `assay completion bash --values EXPERIMENT -- WORD...`
  takes(verb->add_option("--values", options->values, "print the values of this kind"), anything("TEXT"))
      ->group("");
  takes(verb->add_option("line", options->line, "the words of the line so far"), anything("TEXT"))->group("");
  verb->footer(
      "Examples:\n"
      "  eval \"$(assay completion bash)\"\n"
      "  assay completion zsh > ~/.zfunc/_assay\n"
      "  assay completion fish > ~/.config/fish/completions/assay.fish\n");
  verb->callback([&app, &globals, &chosen, options] {
    chosen = [&app, &globals, options] { return completion_verb(app, globals, *options); };
  });
}

}  // namespace assay::cli
