// SPDX-License-Identifier: GPL-2.0-or-later
#include "contract/context.hpp"
#include "mm/kernel_files.hpp"
#include "workloads/all.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace assay::agent::workloads {
namespace {

/// Freezes all of userspace, the supervisor first: no heartbeat comes any more and the vCPUs idle. Real-time
/// threads that spin would not do: since 557a6bfc662c ("sched/fair: Add trivial fair server", 6.12) the
/// supervisor runs all the same.
[[noreturn]] void hang() {
  constexpr const char* group = "/sys/fs/cgroup/frozen";
  if (::mkdir(group, 0755) != 0 && errno != EEXIST) {
    throw_errno(std::string("create ") + group);
  }
  write_kernel_file("/sys/fs/cgroup/frozen/cgroup.procs", "1");
  write_kernel_file("/sys/fs/cgroup/frozen/cgroup.procs", "0");
  write_kernel_file("/sys/fs/cgroup/frozen/cgroup.freeze", "1");
  for (;;) {
    ::pause();
  }
}

void crash(Context& context) {
  require_guest("crashes the machine");
  if (::access("/proc/sysrq-trigger", W_OK) != 0) {
    throw WorkloadSkip("this kernel has no /proc/sysrq-trigger");
  }
  context.event("crash", context.choice("how"));
  ::usleep(static_cast<useconds_t>(context.number("after") / 1000));
  if (context.choice("how") == "panic") {
    write_kernel_file("/proc/sysrq-trigger", "c");
  } else if (context.choice("how") == "reset") {
    write_kernel_file("/proc/sysrq-trigger", "b");
  } else {
    hang();
  }
  context.check("guest_dead", false, "the guest survived");
}

}  // namespace

Workload guest_crash() {
  return {
      .name = "guest.crash",
      .summary = "Makes the guest misbehave: for trying out how a finding and a hang are told.",
      .parameters = {{.name = "how",
                      .type = ParameterType::choice,
                      .default_value = "panic",
                      .choices = {"panic", "hang", "reset"},
                      .help =
                          "panic: the kernel crashes on purpose; hang: all of userspace is frozen, the agent "
                          "included; reset: the machine starts over, at once"},
                     {.name = "after",
                      .type = ParameterType::duration,
                      .unit = "ns",
                      .default_value = "100ms",
                      .min = 0,
                      .max = 60'000'000'000,
                      .help = "wait so long first, so that earlier messages get out"}},
      .counters = {},
      .checks = {{.name = "guest_dead", .help = "the guest does not come back to say anything"}},
      .run = crash};
}

}  // namespace assay::agent::workloads
