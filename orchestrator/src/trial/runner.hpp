// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "trial/run_context.hpp"

#include <string>
#include <vector>

namespace assay::trial {

/// How far a guest got.
struct JobEnd {
  std::vector<TrialRecord> records;  ///< trials with an outcome other than lost
  std::vector<Order> left;           ///< those without one, in order; the first is the one that was running
  std::string why;           ///< why they are left: a sentence, "" when they merely came after a finding
  bool boot_failed = false;  ///< the guest never said hello: `why` quotes the console
  bool ours = false;         ///< the failure is ours (infrastructure): worth one more try
};

/// Boots a guest and runs the job's orders in it, handing data to the sink as it comes. Never throws: what
/// goes wrong is in the JobEnd. The guest is gone when this returns. Heeds the interrupt: then `left` holds
/// what was not finished.
Task<JobEnd> run_job(RunContext& context, GuestJob job, unsigned slot);

}  // namespace assay::trial
