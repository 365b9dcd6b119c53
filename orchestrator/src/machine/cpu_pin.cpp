// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/cpu_pin.hpp"

namespace assay::machine {

CpuPin::CpuPin() {
  if (::sched_getaffinity(0, sizeof before_, &before_) != 0) {
    return;
  }
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &before_)) {
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(cpu, &one);
      pinned_ = ::sched_setaffinity(0, sizeof one, &one) == 0;
      return;
    }
  }
}

CpuPin::~CpuPin() {
  if (pinned_) {
    ::sched_setaffinity(0, sizeof before_, &before_);
  }
}

}  // namespace assay::machine
