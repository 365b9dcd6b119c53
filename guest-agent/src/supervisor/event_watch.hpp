// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>

namespace assay::agent {

/// What the supervisor waits for.
enum class Event : std::uint64_t { channel, reports, children, heartbeat, sample, deadline };

/// Descriptors that wake the supervisor. Does not allocate after the constructor.
class EventWatch {
 public:
  EventWatch();

  /// `events` as epoll_ctl(2) takes them.
  void add(int fd, unsigned events, Event what) const;

  /// What happened, until the next call; `must_wait`: until something does.
  [[nodiscard]] std::span<const epoll_event> next(bool must_wait);

 private:
  UniqueFd epoll_;
  std::array<epoll_event, 8> events_{};
};

/// A timer that EventWatch can wait for.
class Timer {
 public:
  Timer();

  [[nodiscard]] int fd() const { return fd_.get(); }
  /// `interval_ns` 0: only once.
  void arm(std::uint64_t first_ns, std::uint64_t interval_ns) const;
  void disarm() const { arm(0, 0); }
  /// How often it expired since the last call.
  [[nodiscard]] std::uint64_t expirations() const;

 private:
  UniqueFd fd_;
};

}  // namespace assay::agent
