// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "assay_generated.h"
#include "contract/context.hpp"
#include "worker/worker_pipe.hpp"

namespace assay::agent {

/// Runs the program that the order names: Input goes in, Output comes out, Ended says how it ended. What it
/// left running is killed. Throws "cannot <action>: <why>". `order` is valid until `orders` is read from.
void run_program(const wire::RunProgram& order, OrderPipe& orders, Reporter& reporter);

/// The same with the program of a trial, which is measured: `context` is of program_workload(). Throws
/// WorkloadSkip when it cannot be started.
void try_program(const wire::Start& start, OrderPipe& orders, Context& context);

}  // namespace assay::agent
