// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/verb.hpp"
#include "run/inputs.hpp"

#include <memory>

namespace assay::cli {

/// What `assay run` takes on its command line.
struct RunOptions : run::Wish {
  bool dry_run = false;
  bool verbose = false;  ///< the log on stderr; of a dry run: domain XML and command lines
  bool json = false;
  bool ktap = false;
};

/// `assay run` with these options.
Task<Result<ExitCode>> run_verb(Globals& globals, RunOptions options);

/// The settings that verbs which run experiments have, from experiment::run_settings(): all but those in
/// `without`, by key; and how to print the result.
void add_run_options(CLI::App& verb, const std::shared_ptr<RunOptions>& options,
                     std::initializer_list<std::string_view> without = {});

}  // namespace assay::cli
