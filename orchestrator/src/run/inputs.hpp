// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "experiment/experiment.hpp"
#include "experiment/settings.hpp"
#include "kernel/variant.hpp"
#include "run/apply.hpp"
#include "run/programs.hpp"
#include "run/session.hpp"
#include "store/store.hpp"
#include "trial/order.hpp"
#include "verdict/spending.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace assay::run {

/// What somebody wants to be run.
struct Wish {
  std::string experiment;  ///< folder, file or name; of a run that is resumed its id, "" for the last
  experiment::Settings settings;
  bool resume = false;
};

/// A run that is gone on with. It is held: no other process goes on with it meanwhile.
struct Past {
  std::unique_ptr<store::Store> results;
  store::RunInfo info;
  std::set<trial::TrialKey> done;  ///< trials with an outcome of their own, not lost ones
};

/// All that was asked for, read and found right. A value: nothing below changes it.
struct Inputs {
  experiment::Settings settings;
  experiment::Experiment experiment;                ///< with the settings applied
  std::map<std::string, kernel::Variant> variants;  ///< by trial::kernel_key()
  Programs programs;                                ///< of its workloads
  verdict::Schedule schedule;
  std::string agent_version;
  std::optional<Past> past;  ///< of a run that is resumed
};

/// Reads them, and notes what is to be known about them. Errors: usage (file, line and column of what is
/// wrong), infrastructure.
Task<Result<Inputs>> read_inputs(Session& session, Wish wish);

}  // namespace assay::run
