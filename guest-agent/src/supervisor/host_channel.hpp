// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "assay_generated.h"
#include "base/unique_fd.hpp"
#include "frame.hpp"
#include "wire/encoder.hpp"
#include "wire/outbox.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace assay::agent {

/// Where the channel leads.
enum class Channel : std::uint8_t {
  port,    ///< a virtio port: the host may go and come back
  socket,  ///< a stream socket: ends with its peer
};

/// What supervisor and host say to each other. Nothing waits in it but drain(), and nothing allocates after
/// the constructor.
class HostChannel {
 public:
  /// Reads or writes in a row before other descriptors get their turn.
  static constexpr int burst = 32;

  /// `fd` is open for reading and writing and non-blocking. `chunk` is to read into, free between two calls;
  /// it stays where it is.
  HostChannel(UniqueFd fd, Channel kind, std::span<std::byte> chunk);

  /// To be watched edge-triggered: a port without a host would otherwise report HUP for ever.
  [[nodiscard]] int fd() const { return fd_.get(); }
  /// Takes what epoll says of the descriptor. True: a host has come, who knows nothing yet.
  [[nodiscard]] bool notice(unsigned events);

  [[nodiscard]] bool connected() const { return connected_; }
  /// No host will come again.
  [[nodiscard]] bool over() const { return over_; }
  /// There is something to be done that no event will tell of.
  [[nodiscard]] bool has_work() const { return connected_ && (readable_ || (writable_ && !outbox_.empty())); }

  /// Reads once. False: there is nothing more, for now.
  [[nodiscard]] bool receive();
  /// The next whole frame of what was received: true when there is one. Tells the host what is wrong with its
  /// frames, once.
  [[nodiscard]] bool next(wire::FrameView& frame);

  /// Queues a message: of encoder(), or of the worker.
  void send(std::span<const std::byte> payload, Urgency urgency) { outbox_.push(payload, urgency); }
  void send_log(wire::LogLevel level, std::string_view text);
  /// Writes what the host takes now.
  void flush();
  /// The host may take something again without an event that says so.
  void try_again() { writable_ = writable_ || connected_; }
  /// Writes what waits, as far as the host takes it within two seconds.
  void drain();

  [[nodiscard]] Encoder& encoder() { return encoder_; }
  [[nodiscard]] Outbox& outbox() { return outbox_; }

 private:
  void begin_session();
  void end_session();

  UniqueFd fd_;
  Channel kind_;
  std::span<std::byte> chunk_;
  Encoder encoder_;
  Outbox outbox_;
  wire::Decoder orders_;
  bool connected_ = false;
  bool over_ = false;
  bool readable_ = false;
  bool writable_ = false;
  bool fault_reported_ = false;
};

/// The message in `payload`, or nullptr: it is none.
[[nodiscard]] const wire::Frame* verified(std::span<const std::byte> payload);

}  // namespace assay::agent
