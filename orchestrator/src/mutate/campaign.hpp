// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "mutate/score.hpp"
#include "mutate/wish.hpp"
#include "run/session.hpp"

#include <filesystem>

namespace assay::mutate {

/// Makes mutants, builds them, and tries each until somebody notices it. What is known stays in folder_of(),
/// whatever later calls choose: they go on where others stopped, and judge again only what another kernel,
/// experiment or agent may change. Ends early on the interrupt. Errors: usage, build, boot, infrastructure;
/// as run::run_experiment() for the trials of the unchanged kernels.
Task<Result<Score>> mutate(run::Session& session, MutateWish wish);

/// The mutants, without building or trying one.
Task<Result<Score>> list_mutants(run::Session& session, MutateWish wish);

/// Results of mutants: a results folder of its own, with score.json.
[[nodiscard]] std::filesystem::path folder_of(const run::Places& places, const Score& score);

}  // namespace assay::mutate
