// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker/output_gate.hpp"

#include "base/clock.hpp"
#include "wire/worker_fds.hpp"
#include "worker/guest_system.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace assay::agent {
namespace {

/// One output is given up after this time: the host reads slowly.
constexpr std::uint64_t longest_hold_ns = 250 * ns_per_ms;
constexpr std::uint64_t window_ns = ns_per_s;
constexpr std::uint64_t most_held_ns = window_ns / 4;

UniqueFd copy_of(int fd) { return UniqueFd(fd < 0 ? -1 : ::fcntl(fd, F_DUPFD_CLOEXEC, 5)); }

bool is_empty(int pipe) {
  int bytes = 0;
  return pipe < 0 || ::ioctl(pipe, FIONREAD, &bytes) != 0 || bytes == 0;
}

/// Of "1 (init) S 0 ...".
bool sleeps(const UniqueFd& state) {
  std::array<char, 64> text{};
  const ssize_t count = ::pread(state.get(), text.data(), text.size(), 0);
  const std::string_view line(text.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  return line.find(") S") != std::string_view::npos;
}

void stay_on(unsigned cpu) {
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(cpu, &only);
  // Where it may not be it is only of no use.
  [[maybe_unused]] const int done = ::sched_setaffinity(0, sizeof only, &only);
}

}  // namespace

OutputGate::OutputGate(int output, int errors)
    : output_(copy_of(output)),
      errors_(copy_of(errors)),
      supervisor_(::open("/proc/1/stat", O_RDONLY | O_CLOEXEC)),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
  cpu_set_t cpus;
  if (!is_in_guest() || ::sched_getaffinity(0, sizeof cpus, &cpus) != 0 || CPU_COUNT(&cpus) < 2) {
    output_.reset();
    errors_.reset();
    return;
  }
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &cpus)) {
      threads_.emplace_back([this, cpu] { watch(cpu); });
    }
  }
}

OutputGate::~OutputGate() {
  [[maybe_unused]] const int told = ::eventfd_write(stop_.get(), 1);
  for (auto& thread : threads_) {
    thread.join();
  }
}

/// Nothing of it is in the program's pipes, in the worker, on the way from it, or in the supervisor.
bool OutputGate::has_left() const {
  return is_empty(output_.get()) && is_empty(errors_.get()) && !passing_ && is_empty(worker_reports_fd) &&
         sleeps(supervisor_);
}

void OutputGate::watch(unsigned cpu) {
  stay_on(cpu);
  take_precedence(0, Rank::gate);
  std::array<pollfd, 3> fds{{{.fd = stop_.get(), .events = POLLIN, .revents = 0},
                             {.fd = output_.get(), .events = POLLIN, .revents = 0},
                             {.fd = errors_.get(), .events = POLLIN, .revents = 0}}};
  std::uint64_t window = monotonic_ns();
  std::uint64_t held = 0;
  while (::poll(fds.data(), fds.size(), -1) >= 0 && fds[0].revents == 0) {
    const std::uint64_t begin = monotonic_ns();
    if (begin - window >= window_ns) {
      window = begin;
      held = 0;
    }
    if (held >= most_held_ns) {
      const auto rest_ms = static_cast<int>((window + window_ns - begin) / ns_per_ms + 1);
      ::poll(fds.data(), 1, rest_ms);
      continue;
    }
    while (!has_left() && monotonic_ns() - begin < longest_hold_ns) {
    }
    held += monotonic_ns() - begin;
    for (auto& fd : fds) {
      if ((fd.revents & (POLLHUP | POLLIN)) == POLLHUP) {
        fd.fd = -1;  // nobody writes to it any more
      }
    }
  }
}

}  // namespace assay::agent
