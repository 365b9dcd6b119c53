// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/opened.hpp"

#include "base/files.hpp"
#include "base/output.hpp"
#include "store/open_store.hpp"

#include <cstdlib>
#include <utility>

namespace assay::cli {
namespace {

/// Nothing has to be there where the program by itself would look, before the first run.
bool are_named(const Globals& globals) {
  const char* variable = std::getenv("ASSAY_RESULTS");
  return !globals.results.empty() || (variable != nullptr && *variable != '\0');
}

Result<std::unique_ptr<store::Store>> read_database(const Places& places, bool must_be_there) {
  std::error_code error;
  const auto folder = fs::status(places.results, error);
  if (!fs::exists(folder) && !must_be_there) {
    return store::no_results();
  }
  // Also of a folder that may not be entered: it is not one without runs.
  const fs::directory_iterator files(places.results, error);
  if (error) {
    return fail(blame_for_path(error.value()), "cannot read results in {}: {}", places.results.string(),
                error.message());
  }
  const bool is_empty = fs::symlink_status(places.database(), error).type() == fs::file_type::not_found;
  return is_empty ? store::no_results() : store::read_store(places.database(), store::Process::only_reads);
}

}  // namespace

Result<OpenedResults> read_results(const Globals& globals) {
  auto places = globals.places();
  if (!places) {
    return places.error();
  }
  auto results = read_database(*places, are_named(globals));
  if (!results) {
    return results.error();
  }
  return OpenedResults{std::move(*places), std::move(*results)};
}

Result<KeptRun> read_kept_run(const Globals& globals, const std::string& name) {
  auto opened = read_results(globals);
  if (!opened) {
    return opened.error();
  }
  auto run = opened->results->find_run(name);
  if (!run) {
    return run.error();
  }
  auto view = store::read_run(*opened->results, std::move(*run));
  if (!view) {
    return view.error();
  }
  return KeptRun{std::move(opened->places), std::move(opened->results), std::move(*view)};
}

}  // namespace assay::cli
