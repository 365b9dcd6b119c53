// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace assay::agent {

/// From here on every allocation of this process (malloc and all that is built on it) ends the program
/// with a line on the console (as PID 1: only the first is reported, and it goes on): the supervisor must
/// live when there is no memory to be had. Programs that it starts with execve() allocate as they like.
void forbid_allocation();

}  // namespace assay::agent
