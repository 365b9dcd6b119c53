// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/verb.hpp"

namespace assay::cli {

/// Waits for a signal that asks to stop (Ctrl-C, Ctrl-\, SIGTERM, and all others by which a process ends that
/// does not hear them) and passes it on where there is something to end in order; the second ends the program
/// at once, as the first does elsewhere.
Task<> hear_signals(Globals& globals);

}  // namespace assay::cli
