// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"
#include "supervisor/event_watch.hpp"
#include "supervisor/host_channel.hpp"
#include "supervisor/kernel_records.hpp"
#include "supervisor/running_order.hpp"
#include "wire/encoder.hpp"

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace assay::agent {

/// Owns the channel: takes orders, starts a worker for each, samples, and tells how the worker ended.
/// After the constructor nothing in it allocates; see alloc_guard.hpp.
class Supervisor {
 public:
  /// `channel` is open for reading and writing and non-blocking.
  Supervisor(UniqueFd channel, Channel kind, MachineFacts machine);
  // Its parts know where the others are.
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  Supervisor(Supervisor&&) = delete;
  Supervisor& operator=(Supervisor&&) = delete;
  ~Supervisor() = default;

  /// Serves until the host orders power off, or (socket) until the peer is gone. Then no worker runs and
  /// what was queued has been written, as far as the host took it within two seconds.
  void run();

 private:
  void handle_event(Event what, unsigned events);
  void read_orders();
  void handle_order(std::span<const std::byte> payload);
  void answer(const wire::KernelLogQuery& query);
  void beat();

  bool owns_kernel_ = ::getpid() == 1;  ///< else it is somebody's, who runs the agent as a program
  MachineFacts machine_;
  KernelRecords records_;
  std::vector<std::byte> chunk_;  ///< what channel and order read into
  EventWatch watch_;
  HostChannel channel_;
  RunningOrder order_;
  Timer heartbeat_;
  bool leave_ = false;
};

}  // namespace assay::agent
