// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/opened.hpp"

#include <utility>

namespace assay::cli {

Result<OpenedResults> open_results(const Globals& globals) {
  auto places = find_places(globals.results);
  if (!places) {
    return places.error();
  }
  auto results = open_results(*places);
  if (!results) {
    return results.error();
  }
  return OpenedResults{std::move(*places), std::move(*results)};
}

Result<OpenedRun> open_run(const Globals& globals, const std::string& name) {
  auto opened = open_results(globals);
  if (!opened) {
    return opened.error();
  }
  auto run = opened->results->find_run(name);
  if (!run) {
    return run.error();
  }
  auto view = report::read_run(*opened->results, std::move(*run));
  if (!view) {
    return view.error();
  }
  return OpenedRun{std::move(opened->places), std::move(opened->results), std::move(*view)};
}

}  // namespace assay::cli
