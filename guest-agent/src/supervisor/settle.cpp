// SPDX-License-Identifier: GPL-2.0-or-later
#include "supervisor/settle.hpp"

#include "base/unique_fd.hpp"
#include "supervisor/kernel_knobs.hpp"

#include <fcntl.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

namespace assay::agent {
namespace {

/// An idle CPU keeps the last process's address space until it switches to another one: the last mmdrop(),
/// whose check_mm() says "Bad rss-counter state", waits for that (finish_task_switch() in
/// kernel/sched/core.c).
void visit_all_cpus() {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
    return;
  }
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) {
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(cpu, &one);
      ::sched_setaffinity(0, sizeof one, &one);
    }
  }
  ::sched_setaffinity(0, sizeof allowed, &allowed);
}

/// /proc/consoles takes the console's lock to read it, and console_unlock() prints what others left to be
/// printed.
void flush_console() {
  const UniqueFd consoles(::open("/proc/consoles", O_RDONLY | O_CLOEXEC));
  std::array<char, 512> text{};
  while (consoles && ::read(consoles.get(), text.data(), text.size()) > 0) {
  }
}

}  // namespace

void settle_kernel() {
  visit_all_cpus();
  ::syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);            // synchronize_rcu()
  write_knob("/sys/module/rcutree/parameters/do_rcu_barrier", "1");  // since 6.1
  write_knob("/proc/sys/vm/stat_refresh", "1");                      // schedule_on_each_cpu()
  flush_console();
}

}  // namespace assay::agent
