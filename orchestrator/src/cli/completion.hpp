// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/verb.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace assay::cli {

/// Scripts for shells, made of the verbs and options of `app`. What values there are they ask the program for
/// when the user asks them.
[[nodiscard]] std::string bash_completion(const CLI::App& app);
[[nodiscard]] std::string zsh_completion(const CLI::App& app);
[[nodiscard]] std::string fish_completion(const CLI::App& app);

/// The values of a kind ("EXPERIMENT") that there are here. `line` has the words of the command line, the one
/// that is being typed last: it may name the experiment whose workloads are meant. Nothing where they cannot
/// be told.
Task<std::vector<std::string>> values_here(const CLI::App& app, const Places& places, std::string kind,
                                           std::vector<std::string> line);

}  // namespace assay::cli
