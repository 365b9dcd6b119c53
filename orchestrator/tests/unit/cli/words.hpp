// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/app_tree.hpp"
#include "cli/command_line.hpp"
#include "cli/values.hpp"

#include <string>
#include <vector>

namespace assay::cli {

using Words = std::vector<std::string>;

/// A command line that is read and nothing else.
struct Reading {
  Interrupt interrupt;
  Globals globals{interrupt};
  CommandLine line{globals};

  /// What is wrong with the words; "" for nothing.
  std::string refusal(Words words) {
    const auto action = line.parse(std::move(words));
    return action ? "" : action.error().text();
  }
};

inline std::string refused(Words words) { return Reading().refusal(std::move(words)); }

/// A value that will do, by the word that --help has for it.
std::string sample_of(const CLI::Option& option);

/// The shortest words that run a verb: with what it requires.
Words shortest(const CLI::App& verb);

/// Split as a shell does; what it would not pass on (a comment, a pipe, what it writes to) ends them.
Words shell_words(std::string_view line);

}  // namespace assay::cli
