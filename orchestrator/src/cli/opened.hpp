// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/verb.hpp"
#include "store/run_view.hpp"

#include <memory>
#include <string>

namespace assay::cli {

/// The results database of the command line, to read, and where it is. Error: usage: the folder that the user
/// named is not there.
struct OpenedResults {
  Places places;
  std::unique_ptr<store::Store> results;
};
[[nodiscard]] Result<OpenedResults> read_results(const Globals& globals);

/// A run in it.
struct KeptRun {
  Places places;
  std::unique_ptr<store::Store> results;
  store::RunView view;
};
/// `name`: an id, a part of one that no other has, or "last". Error: usage, there is no such run.
[[nodiscard]] Result<KeptRun> read_kept_run(const Globals& globals, const std::string& name);

}  // namespace assay::cli
