// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "machine/hypervisor.hpp"
#include "run/inputs.hpp"
#include "run/run_kernels.hpp"
#include "store/store.hpp"
#include "trial/order.hpp"

#include <memory>
#include <set>

namespace assay::run {

/// A run that is in the database, with what its trials need.
struct OpenRun {
  Inputs inputs;
  RunKernels boots;
  std::unique_ptr<store::Store> results;
  std::unique_ptr<machine::Hypervisor> hypervisor;
  store::RunInfo info;
  std::set<trial::TrialKey> done;
};

}  // namespace assay::run
