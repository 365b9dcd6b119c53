// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"
#include "supervisor/event_watch.hpp"
#include "supervisor/host_channel.hpp"
#include "supervisor/sampler.hpp"
#include "supervisor/worker_process.hpp"
#include "supervisor/worker_reports.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace assay::agent {

/// What the supervisor itself needs to know of an order.
struct Order {
  std::uint64_t id = 0;
  std::uint64_t timeout_ns = 0;  ///< 0: none
  std::uint64_t sample_interval_ns = 0;
  unsigned sources = 0;  ///< to sample: source_bit()
};

/// The one order that may run at a time: its worker, its limits, its samples, and how it ended. Nothing
/// allocates after the constructor.
class RunningOrder {
 public:
  /// `chunk` as HostChannel's, and the same one. `owns_kernel`: the kernel is there for the order alone.
  RunningOrder(HostChannel& channel, const EventWatch& watch, std::span<std::byte> chunk, bool owns_kernel);

  /// Starts a worker and hands it the order's message. What cannot be done is told the host as its result.
  void start(const wire::Start& order, std::span<const std::byte> payload);
  void start(const Order& order, std::span<const std::byte> payload);
  /// More for the running worker. What comes for one that has just ended is of no use to anybody.
  void pass_on(std::uint64_t order, std::span<const std::byte> payload);
  void stop(std::uint64_t order);

  /// Events, as they are watched.
  void reap();
  void take_sample();
  void check_deadline();

  /// Sends on what the worker reports, and its result when it has ended.
  void go_on();

  /// 0 when there is none.
  [[nodiscard]] pid_t worker() const { return worker_.pid(); }
  [[nodiscard]] std::uint64_t dropped_samples() const { return sampler_.dropped(); }
  void kill_worker() const { worker_.kill_all(); }

 private:
  enum class Cause : std::uint8_t { none, stop, time_out };

  void kill();
  void refuse(std::uint64_t order, std::string_view reason);
  [[nodiscard]] std::span<const std::byte> framed(std::span<const std::byte> payload) const;
  void finish();
  void describe_end(EndReport& end);

  HostChannel& channel_;
  const EventWatch& watch_;
  std::span<std::byte> chunk_;
  bool owns_kernel_;
  Sampler sampler_;
  WorkerProcess worker_;
  WorkerReports reports_;
  UniqueFd children_;
  Timer sample_timer_;
  Timer deadline_;

  std::uint64_t order_ = 0;
  bool busy_ = false;
  bool reaped_ = false;  ///< the worker
  bool alone_ = false;   ///< all that belonged to the order
  bool killed_ = false;  ///< it was told to end
  bool stuck_ = false;   ///< it did not, and the host knows
  int status_ = 0;
  Cause cause_ = Cause::none;
  std::int64_t oom_kills_ = 0;  ///< when it began
};

}  // namespace assay::agent
