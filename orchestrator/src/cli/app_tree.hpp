// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace assay::cli {

/// Views of the command line's verbs and options, for what is made from them: help, manual pages, completion,
/// messages. Hidden options are left out.

/// "assay", "assay kernel build".
[[nodiscard]] std::string full_name(const CLI::App& verb);
/// The same without the program: "", "kernel build".
[[nodiscard]] std::string path_of(const CLI::App& verb);
/// Its own verbs, in the order in which they were added.
[[nodiscard]] std::vector<const CLI::App*> verbs_in(const CLI::App& verb);
/// It and all verbs below it, `verb` first.
[[nodiscard]] std::vector<const CLI::App*> with_all_below(const CLI::App& verb);
/// The paths of all verbs below it.
[[nodiscard]] std::vector<std::string> paths_below(const CLI::App& verb);
/// By path: {"kernel", "build"}; nullptr when there is none.
[[nodiscard]] const CLI::App* find_verb(const CLI::App& root, const std::vector<std::string>& path);
/// Those with dashes, groups' too, --help first.
[[nodiscard]] std::vector<const CLI::Option*> options_of(const CLI::App& verb);
/// Options of the program that each verb takes as well.
[[nodiscard]] std::vector<const CLI::Option*> global_options(const CLI::App& verb);
/// Those without, by position.
[[nodiscard]] std::vector<const CLI::Option*> arguments_of(const CLI::App& verb);
/// "-j", "--jobs".
[[nodiscard]] std::vector<std::string> names_of(const CLI::Option& option);
[[nodiscard]] bool is_flag(const CLI::Option& option);
[[nodiscard]] bool is_list(const CLI::Option& option);
/// An option whose value may be left out.
[[nodiscard]] bool may_be_bare(const CLI::Option& option);
/// "[EXPERIMENT]", "KERNEL...".
[[nodiscard]] std::string argument_text(const CLI::Option& argument);
/// "assay run [OPTION...] [EXPERIMENT]".
[[nodiscard]] std::string usage_of(const CLI::App& verb);
/// What an option does, with its default and what it goes together with.
[[nodiscard]] std::string explained(const CLI::Option& option);

/// A part of a verb's footer: "Heading:" and lines below it.
struct Section {
  std::string heading;
  std::vector<std::string> lines;
};
[[nodiscard]] std::vector<Section> sections_of(const CLI::App& verb);

}  // namespace assay::cli
