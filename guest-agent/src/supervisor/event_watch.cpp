// SPDX-License-Identifier: GPL-2.0-or-later
#include "supervisor/event_watch.hpp"

#include "base/clock.hpp"
#include "base/console.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

namespace assay::agent {

EventWatch::EventWatch() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

void EventWatch::add(int fd, unsigned events, Event what) const {
  epoll_event event{};
  event.events = events;
  event.data.u64 = static_cast<std::uint64_t>(what);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    say_error("cannot watch a descriptor", errno);
  }
}

std::span<const epoll_event> EventWatch::next(bool must_wait) {
  const int most = static_cast<int>(events_.size());
  const int count = ::epoll_wait(epoll_.get(), events_.data(), most, must_wait ? -1 : 0);
  return std::span(events_).first(static_cast<std::size_t>(std::max(count, 0)));
}

Timer::Timer() : fd_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {}

void Timer::arm(std::uint64_t first_ns, std::uint64_t interval_ns) const {
  const itimerspec when{.it_interval = to_timespec(interval_ns), .it_value = to_timespec(first_ns)};
  ::timerfd_settime(fd_.get(), 0, &when, nullptr);
}

std::uint64_t Timer::expirations() const {
  std::uint64_t count = 0;
  return ::read(fd_.get(), &count, sizeof count) == sizeof count ? count : 0;
}

}  // namespace assay::agent
