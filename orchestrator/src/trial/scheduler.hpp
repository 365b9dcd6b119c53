// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "trial/capacity.hpp"
#include "trial/runner.hpp"

#include <set>
#include <string>
#include <vector>

namespace assay::trial {

struct RunEnd {
  bool interrupted = false;
  std::set<std::string> unbootable;  ///< "VARIANT on MACHINE" where no kernel said hello, twice in a row
  std::string boot_error;            ///< of the first of them
  std::string fatal;                 ///< why the run was given up (disk full, libvirt gone); "" otherwise
};

/// Runs all jobs, as many at once as `capacity` allows. A lost trial is tried once more and then recorded as
/// lost. Returns when everything has an outcome, or early after the interrupt; never throws.
Task<RunEnd> run_all(RunContext& context, std::vector<GuestJob> jobs, Capacity capacity);

}  // namespace assay::trial
