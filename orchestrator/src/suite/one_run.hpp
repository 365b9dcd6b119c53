// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "program/guest_run.hpp"
#include "run/one_guest.hpp"
#include "run/session.hpp"
#include "suite/compare.hpp"
#include "suite/plan.hpp"

#include <string>

namespace assay::suite {

/// A machine and its limits, for one category.
struct GuestLimits {
  std::string memory;
  std::string accel;
  Duration timeout{};  ///< zero: none
};

/// Boots the kernel and runs one category of the plan. Errors: as run::prepare_guest(), boot, interrupted,
/// infrastructure.
Task<Result<CategoryRun>> run_category(run::Session& session, const Plan& plan, Category category,
                                       std::string kernel, GuestLimits limits,
                                       std::vector<std::string>& notes);

/// What a guest came to: results of the reader, planned tests that it did not come to, reports of the kernel.
[[nodiscard]] CategoryRun read_run(const Plan& plan, const Category& category, const program::GuestRun& ran,
                                   Reader& reader);

}  // namespace assay::suite
