// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/run_view.hpp"

#include <utility>

namespace assay::store {

Result<RunView> read_run(Store& results, RunInfo run) {
  auto trials = results.trials(run.id);
  if (!trials) {
    return trials.error();
  }
  auto verdicts = results.verdicts(run.id);
  if (!verdicts) {
    return verdicts.error();
  }
  return RunView{std::move(run), std::move(*trials), std::move(*verdicts)};
}

}  // namespace assay::store
