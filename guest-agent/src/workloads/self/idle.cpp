// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/clock.hpp"
#include "contract/context.hpp"
#include "workloads/all.hpp"

#include <unistd.h>

#include <cerrno>

namespace assay::agent::workloads {
namespace {

/// CPU time that the supervisor has used so far, or nothing when it cannot be asked.
std::int64_t supervisor_cpu_ns() {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(::getppid(), &clock) != 0 || ::clock_gettime(clock, &used) != 0) {
    return 0;
  }
  return static_cast<std::int64_t>(used.tv_sec) * 1'000'000'000 + used.tv_nsec;
}

void stay_idle(Context& context) {
  context.begin_measurement();
  const std::int64_t used = supervisor_cpu_ns();
  const timespec end = to_timespec(monotonic_ns() + static_cast<std::uint64_t>(context.number("duration")));
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, nullptr) == EINTR) {
  }
  context.counter("agent_cpu", supervisor_cpu_ns() - used);
  context.end_measurement();
}

}  // namespace

Workload idle() {
  return {
      .name = "idle",
      .summary = "Does nothing for a while: the cost of a trial, and the noise of a quiet guest.",
      .parameters = {{.name = "duration",
                      .type = ParameterType::duration,
                      .unit = "ns",
                      .default_value = "0s",
                      .min = 0,
                      .max = 3'600'000'000'000,
                      .help = "how long"}},
      .counters = {{.name = "agent_cpu",
                    .unit = "ns",
                    .help = "CPU time of the supervisor meanwhile: heartbeats and, if asked for, sampling"}},
      .checks = {},
      .run = stay_idle};
}

}  // namespace assay::agent::workloads
