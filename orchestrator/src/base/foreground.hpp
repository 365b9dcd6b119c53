// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/interrupt.hpp"
#include "base/process.hpp"

#include <string>
#include <vector>

namespace assay {

/// Runs a program to its end that has this process' stdin, stdout and stderr, and with them its terminal: it
/// is in this process group, as a job of a shell is, so that keys that are signals go to both. When `stop`
/// asks it is ended, by SIGKILL if it takes too long; it does not outlive this process. Then the terminal's
/// settings are as they were found. Error: infrastructure, it cannot be started.
Task<Result<ProcessEnd>> run_in_foreground(std::vector<std::string> argv, Interrupt& stop);

}  // namespace assay
