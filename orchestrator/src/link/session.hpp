// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "link/messages.hpp"

#include "frame.hpp"

#include <boost/asio/local/stream_protocol.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace assay::link {

/// What a guest may send between two orders before it counts as a flood.
struct Limits {
  std::uint64_t events = 1'000'000;
  std::uint64_t log_bytes = std::uint64_t{16} << 20U;
  std::uint64_t metrics = 100'000;
  std::uint64_t sample_values = 500'000'000;
  std::uint64_t small_frames = 10'000'000;               ///< heartbeats, pongs and the like
  std::uint64_t output_bytes = std::uint64_t{1} << 40U;  ///< of a program or of files; somebody wants them
  Duration stall = std::chrono::seconds(10);             ///< a frame that began and does not go on
};

/// Nothing arrived within the time that receive() was given.
struct Silence {};
/// Somebody called wake().
struct Woken {};
/// The far end of the channel is gone.
struct Closed {};
/// What arrived cannot be trusted; the session is over.
struct Broken {
  std::string why;
};

using Incoming = std::variant<Message, Silence, Woken, Closed, Broken>;

/// The channel to one agent. All calls on the io_context's thread; one receive() at a time, one send() at a
/// time.
class AgentSession {
 public:
  using Socket = asio::local::stream_protocol::socket;

  explicit AgentSession(Socket socket, Limits limits = {});

  /// The next message, or why there is none. After Closed or Broken every call gives the same again.
  Task<Incoming> receive(Duration patience);

  /// Writes one order; that the far end is gone is told by receive(). Error: infrastructure when the channel
  /// does not take it within five seconds.
  Task<Status> send(Order order);

  /// Makes the current receive(), or else the next one, return Woken.
  void wake();

  /// Starts the count of Limits anew: a new order begins.
  void reset_limits();

  /// Frames that the agent had to drop, seen as gaps in its sequence.
  [[nodiscard]] std::uint64_t lost_frames() const { return lost_frames_; }
  [[nodiscard]] std::uint64_t received_bytes() const { return received_bytes_; }

 private:
  std::optional<Incoming> next_buffered();
  Incoming admit(const wire::FrameView& frame);
  [[nodiscard]] std::string flood(const Message& message);
  Incoming end(Incoming how);

  Socket socket_;
  asio::steady_timer patience_;  ///< of the current receive()
  Limits limits_;
  Limits used_;
  wire::Decoder decoder_;
  std::vector<std::byte> chunk_;
  std::uint32_t send_sequence_ = 0;
  std::optional<std::uint32_t> expected_;
  std::uint64_t lost_frames_ = 0;
  std::uint64_t received_bytes_ = 0;
  Clock::time_point last_byte_ = Clock::now();
  bool woken_ = false;
  bool said_hello_ = false;
  std::optional<Incoming> ended_;
};

}  // namespace assay::link
