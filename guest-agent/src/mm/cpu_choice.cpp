// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/cpu_choice.hpp"

#include "contract/context.hpp"

#include <sched.h>

#include <string>

namespace assay::agent {

void stay_on_cpu(std::size_t cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0) {
    throw_errno("stay on CPU " + std::to_string(cpu));
  }
}

}  // namespace assay::agent
