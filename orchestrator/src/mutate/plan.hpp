// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mutate/score.hpp"
#include "mutate/wish.hpp"
#include "run/inputs.hpp"
#include "run/session.hpp"

#include <set>
#include <string>

namespace assay::mutate {

/// All that a campaign is about, before anything is tried.
struct Plan {
  run::Inputs inputs;  ///< of the unchanged kernels: the variants that share a claim with the mutated one
  Score score;         ///< with the mutants in it, none tried
  std::set<std::string> on_time;  ///< claims that look at a time
};

/// Reads the experiment and makes the mutants, and notes what cannot be mutated. Builds what clang needs to
/// parse the kernel. Errors: usage, build, infrastructure.
Task<Result<Plan>> make_plan(run::Session& session, MutateWish wish);

}  // namespace assay::mutate
