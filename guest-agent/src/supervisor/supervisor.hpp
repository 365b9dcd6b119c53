// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"
#include "frame.hpp"
#include "supervisor/sampler.hpp"
#include "supervisor/worker_process.hpp"
#include "wire/encoder.hpp"
#include "wire/outbox.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace assay::agent {

/// Where the channel leads.
enum class Channel : std::uint8_t {
  port,    ///< a virtio port: the host may go and come back
  socket,  ///< a stream socket: ends with its peer
};

/// Owns the channel: takes orders, starts a worker for each, samples, and tells how the worker ended.
/// After the constructor nothing in it allocates; see alloc_guard.hpp.
class Supervisor {
 public:
  /// `channel` is open for reading and writing and non-blocking.
  Supervisor(UniqueFd channel, Channel kind, MachineFacts machine);

  /// Serves until the host orders power off, or (socket) until the peer is gone. Then no worker runs and
  /// what was queued has been written, as far as the host took it within two seconds.
  void run();

 private:
  enum class Cause : std::uint8_t { none, stop, time_out };

  /// What the supervisor itself needs to know of an order.
  struct Order {
    std::uint64_t id = 0;
    std::uint64_t timeout_ns = 0;
    std::uint64_t sample_interval_ns = 0;
    unsigned sources = 0;
  };

  void watch(int fd, unsigned events, std::uint64_t id) const;
  void handle_event(std::uint64_t id, unsigned events);
  void begin_session();
  void end_session();

  void flush_outbox();
  void read_orders();
  void handle_order(std::span<const std::byte> payload);
  void start(const wire::Start& order, std::span<const std::byte> payload);
  void spawn(const Order& order, std::span<const std::byte> payload);
  void pass_on(std::uint64_t order, std::span<const std::byte> payload);
  std::span<const std::byte> framed(std::span<const std::byte> payload);
  void stop(std::uint64_t order);

  void pump_reports();
  [[nodiscard]] bool take_reports();
  [[nodiscard]] bool reports_wait() const;
  void handle_report(std::span<const std::byte> payload);

  void reap();
  void finish_order();
  void describe_end(EndReport& end);
  void beat();
  void refuse(std::uint64_t order, std::string_view reason);
  void log(wire::LogLevel level, std::string_view text);
  void drain();

  UniqueFd channel_;
  Channel kind_;
  MachineFacts machine_;
  Encoder encoder_;
  Outbox outbox_;
  Sampler sampler_;
  wire::Decoder orders_;
  wire::Decoder reports_;
  WorkerProcess worker_;
  UniqueFd epoll_;
  UniqueFd children_;
  UniqueFd heartbeat_;
  UniqueFd sample_timer_;
  UniqueFd deadline_;
  std::vector<std::byte> chunk_;
  std::vector<std::byte> result_;
  wire::FrameView report_;     ///< the one in hand, held by reports_
  std::uint32_t repeats_ = 0;  ///< how often it still has to be sent

  bool connected_ = false;
  bool readable_ = false;
  bool writable_ = false;
  bool leave_ = false;
  bool fault_reported_ = false;

  std::uint64_t order_ = 0;
  bool busy_ = false;
  bool reaped_ = false;
  int status_ = 0;
  Cause cause_ = Cause::none;
  std::int64_t oom_kills_ = 0;
};

}  // namespace assay::agent
