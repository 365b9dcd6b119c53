// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/git.hpp"

#include "base/text.hpp"

namespace assay::kernel {

Command git_command(std::vector<std::string> argv, Settings settings) {
  Command command;
  command.argv = {"env", "-u", "GIT_DIR", "-u", "GIT_WORK_TREE", "-u", "GIT_INDEX_FILE", "-u", "GIT_PREFIX"};
  command.argv.insert(command.argv.end(), argv.begin(), argv.end());
  command.environment = {{"LC_ALL", "C"}, {"GIT_TERMINAL_PROMPT", "0"}};
  if (settings == Settings::none) {
    command.environment.emplace_back("GIT_CONFIG_GLOBAL", "/dev/null");
    command.environment.emplace_back("GIT_CONFIG_NOSYSTEM", "1");
  }
  return command;
}

Task<Result<std::string>> run_git(std::vector<std::string> argv, Settings settings) {
  auto command = git_command(std::move(argv), settings);
  auto output = co_await output_of(std::move(command));
  if (!output) {
    constexpr std::string_view by_name = "env: ";
    const auto text = output.error().text();
    co_return text.starts_with(by_name) ? Error(output.error().kind(), "git: " + text.substr(by_name.size()))
                                        : output.error();
  }
  co_return std::string(trimmed(*output));
}

}  // namespace assay::kernel
