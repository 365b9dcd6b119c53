// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "assay_generated.h"
#include "contract/context.hpp"
#include "worker/program_measure.hpp"
#include "worker/program_process.hpp"
#include "worker/worker_pipe.hpp"

#include <cstdint>
#include <string>

namespace assay::agent {

/// How a program ended, as the message Ended has it.
struct ProgramEnding {
  wire::ProgramEnd how = wire::ProgramEnd::exited;
  int code = 0;
  std::string reason{};
};

/// Runs a program: Input goes in, Output comes out. What it left running is killed. `timeout_ns`: 0 for none;
/// `measure`: nullptr where nobody wants figures. Throws "cannot <action>: <why>".
[[nodiscard]] ProgramEnding run_to_end(const ProgramSpec& spec, std::uint64_t order, std::uint64_t timeout_ns,
                                       OrderPipe& orders, Reporter& reporter, ProgramMeasure* measure);

}  // namespace assay::agent
