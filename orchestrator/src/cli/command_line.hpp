// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/verb.hpp"

#include <string>
#include <vector>

namespace assay::cli {

/// All verbs with their options.
class CommandLine {
 public:
  /// `globals` outlives it.
  explicit CommandLine(Globals& globals);
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;
  CommandLine(CommandLine&&) = delete;
  CommandLine& operator=(CommandLine&&) = delete;
  ~CommandLine() = default;

  /// Reads the words behind the program's name, once. What they ask for, help and version too; nothing of it
  /// was done yet. Error: usage.
  [[nodiscard]] Result<Action> parse(std::vector<std::string> words);

  [[nodiscard]] const CLI::App& app() const { return app_; }

 private:
  CLI::App app_;
  Action chosen_;
};

/// The verb that the words chose, as far as they could be read.
[[nodiscard]] const CLI::App& chosen_verb(const CLI::App& app);

/// What is wrong with words that CLI11 did not take, and what may have been meant. Error: usage.
[[nodiscard]] Error usage_error(const CLI::App& app, const CLI::ParseError& error);

}  // namespace assay::cli
