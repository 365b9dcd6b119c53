// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace assay::agent {

/// Lets the kernel bring to its end what a process that has just been reaped left to be done, so that what
/// goes wrong there is seen before the next order begins: every CPU switches to another address space, a
/// grace period and the callbacks of RCU pass, each CPU's deferred work on memory is run, and the console
/// prints what it holds back. What a kernel has not or forbids is left out. Blocks, for some ten
/// milliseconds. Does not allocate.
void settle_kernel();

}  // namespace assay::agent
