// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/report.hpp"

#include <utility>

namespace assay::report {

Result<RunView> read_run(store::Store& results, store::RunInfo run) {
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

}  // namespace assay::report
