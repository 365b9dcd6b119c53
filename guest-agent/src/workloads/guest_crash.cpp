// SPDX-License-Identifier: GPL-2.0-or-later
#include "context.hpp"
#include "workloads/all.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <thread>

namespace assay::agent::workloads {
namespace {

void write_file(const char* path, std::string_view text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || ::write(fd, text.data(), text.size()) < 0) {
    throw_errno(std::string("write ") + path);
  }
  ::close(fd);
}

/// Every CPU runs a real-time thread that never sleeps, and the kernel may not throttle them: nothing else
/// runs in this guest any more, the supervisor included.
[[noreturn]] void hang() {
  write_file("/proc/sys/kernel/sched_rt_runtime_us", "-1");
  const auto cpus = static_cast<unsigned>(::sysconf(_SC_NPROCESSORS_ONLN));
  const auto spin = [](unsigned cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    ::sched_setaffinity(0, sizeof set, &set);
    const sched_param most{.sched_priority = 99};
    ::sched_setscheduler(0, SCHED_FIFO, &most);
    for (;;) {
      asm volatile("" ::: "memory");
    }
  };
  for (unsigned cpu = 1; cpu < cpus; ++cpu) {
    std::thread(spin, cpu).detach();
  }
  spin(0);
  __builtin_unreachable();
}

/// A mistake here would take down somebody's machine.
bool is_guest() {
  std::array<char, 64> first{};
  std::array<char, 64> self{};
  const ssize_t first_size = ::readlink("/proc/1/exe", first.data(), first.size());
  const ssize_t self_size = ::readlink("/proc/self/exe", self.data(), self.size());
  return ::getppid() == 1 && first_size == 5 && self_size == 5 && first == self &&
         std::string_view(self.data(), 5) == "/init";
}

void run(Context& context) {
  if (::geteuid() != 0 || ::access("/proc/sysrq-trigger", W_OK) != 0) {
    throw WorkloadSkip("only root of a guest may crash it");
  }
  if (!is_guest()) {
    throw WorkloadSkip("this is not a guest: its PID 1 is not the agent");
  }
  context.event("crash", context.choice("how"));
  ::usleep(static_cast<useconds_t>(context.number("after") / 1000));
  if (context.choice("how") == "panic") {
    write_file("/proc/sysrq-trigger", "c");
  } else {
    hang();
  }
  context.check("guest_dead", false, "the guest survived");
}

}  // namespace

Workload guest_crash() {
  return {.name = "guest.crash",
          .summary = "Makes the guest misbehave: for trying out how a finding and a hang are told.",
          .parameters = {{.name = "how",
                          .type = ParameterType::choice,
                          .default_value = "panic",
                          .choices = {"panic", "hang"},
                          .help = "panic: the kernel crashes on purpose; hang: real-time threads starve all "
                                  "else on every CPU"},
                         {.name = "after",
                          .type = ParameterType::duration,
                          .unit = "ns",
                          .default_value = "100ms",
                          .min = 0,
                          .max = 60'000'000'000,
                          .help = "wait so long first, so that earlier messages get out"}},
          .counters = {},
          .checks = {{.name = "guest_dead", .help = "the guest does not come back to say anything"}},
          .run = run};
}

}  // namespace assay::agent::workloads
