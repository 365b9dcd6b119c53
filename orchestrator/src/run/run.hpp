// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "run/inputs.hpp"
#include "run/run_kernels.hpp"
#include "store/run_view.hpp"
#include "trial/scheduler.hpp"

#include <memory>
#include <optional>
#include <set>
#include <string>

namespace assay::run {

/// What a run came to, as it was stored.
struct Judged {
  store::RunView view;
  trial::RunEnd end;
  std::string go_on;  ///< the command that resumes it
};

/// What carrying a run out gives: either of the two.
struct Concluded {
  std::optional<Judged> judged;
  std::string nothing_to_judge;  ///< why no claim can be judged: nothing was booted
};

/// Carries a run out: kernels, trials as the settings say, verdicts; all of it stored. What was done until an
/// error or the interrupt is kept. `known` is what find_run_kernels() found. Errors: usage (a resumed run
/// whose kernels have changed), build, boot, interrupted, infrastructure; a run that merely ended early is
/// none, but how_it_ended() tells.
Task<Result<Concluded>> carry_out(Session& session, Inputs inputs, RunKernels known);

/// read_inputs(), find_run_kernels() and carry_out().
Task<Result<Concluded>> run_experiment(Session& session, Wish wish);

/// Why the run did not get to its end: interrupted, given up, or a kernel does not boot.
[[nodiscard]] Status how_it_ended(const Judged& judged);

}  // namespace assay::run
