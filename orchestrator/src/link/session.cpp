// SPDX-License-Identifier: GPL-2.0-or-later
#include "link/session.hpp"

#include "link/codec.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <utility>

namespace assay::link {
namespace {

constexpr std::size_t chunk_size = std::size_t{1} << 18U;
constexpr auto send_limit = std::chrono::seconds(5);

/// Reads what is there. 0 bytes: the timer ended (or the read was cancelled). Nothing: the far end is gone.
Task<std::optional<std::size_t>> read_some(AgentSession::Socket& socket, std::vector<std::byte>& chunk,
                                           asio::steady_timer& timer) {
  using namespace asio::experimental::awaitable_operators;
  auto first = co_await (socket.async_read_some(asio::buffer(chunk), noexcept_awaitable) ||
                         timer.async_wait(noexcept_awaitable));
  if (first.index() == 1) {
    co_return 0;
  }
  const auto [error, length] = std::get<0>(first);
  if (error == asio::error::operation_aborted) {
    co_return 0;
  }
  if (error) {
    co_return std::nullopt;
  }
  co_return length;
}

Task<Result<std::size_t>> write_all(AgentSession::Socket& socket, const std::vector<std::byte>& bytes) {
  const auto [error, length] = co_await asio::async_write(socket, asio::buffer(bytes), noexcept_awaitable);
  // What a far end that is gone said before its end, and that it is gone, are receive()'s to tell.
  if (error && error != asio::error::broken_pipe && error != asio::error::connection_reset) {
    co_return fail(Failure::infrastructure, "cannot write to the channel: {}", error.message());
  }
  co_return length;
}

}  // namespace

AgentSession::AgentSession(Socket socket, Limits limits)
    : socket_(std::move(socket)),
      patience_(socket_.get_executor()),
      limits_(limits),
      used_{0, 0, 0, 0, 0, 0, {}},
      chunk_(chunk_size) {}

void AgentSession::reset_limits() { used_ = {0, 0, 0, 0, 0, 0, {}}; }

Incoming AgentSession::end(Incoming how) {
  ended_ = how;
  return how;
}

std::string AgentSession::flood(const Message& message) {
  const auto over = [](std::uint64_t& used, std::uint64_t more, std::uint64_t limit, const char* what) {
    used += more;
    return used > limit ? fmt::format("the guest floods the channel: more than {} {}", limit, what)
                        : std::string();
  };
  if (const auto* samples = std::get_if<Samples>(&message)) {
    return over(used_.sample_values, samples->batch.values.size(), limits_.sample_values, "sampled values");
  }
  if (const auto* log = std::get_if<Log>(&message)) {
    return over(used_.log_bytes, log->text.size() + 1, limits_.log_bytes, "bytes of log");
  }
  if (const auto* output = std::get_if<Output>(&message)) {
    return over(used_.output_bytes, output->bytes.size() + 1, limits_.output_bytes, "bytes of output");
  }
  if (const auto* files = std::get_if<Files>(&message)) {
    std::uint64_t bytes = 0;
    for (const auto& entry : files->entries) {
      bytes += entry.path.size() + entry.target.size() + entry.bytes.size() + 1;
    }
    return over(used_.output_bytes, bytes, limits_.output_bytes, "bytes of files");
  }
  if (std::holds_alternative<Event>(message)) {
    return over(used_.events, 1, limits_.events, "events");
  }
  if (const auto* metrics = std::get_if<Metrics>(&message)) {
    return over(used_.metrics, metrics->metrics.size() + 1, limits_.metrics, "metric names");
  }
  return over(used_.small_frames, 1, limits_.small_frames, "messages");
}

Incoming AgentSession::admit(const wire::FrameView& frame) {
  // Sequence numbers wrap; a step backwards shows as a gap of nearly 2^32 and is no counting error.
  const std::uint32_t gap = expected_ ? frame.sequence - *expected_ : 0;
  if (gap > (std::uint32_t{1} << 31U)) {
    return end(Broken{fmt::format("frame {} came after frame {}", frame.sequence, *expected_ - 1)});
  }
  lost_frames_ += gap;
  expected_ = frame.sequence + 1;

  auto message = decode(frame.payload);
  if (!message) {
    return end(Broken{message.error().text()});
  }
  if (auto why = flood(*message); !why.empty()) {
    return end(Broken{std::move(why)});
  }
  if (const auto* hello = std::get_if<Hello>(&*message)) {
    if (std::exchange(said_hello_, true)) {
      return end(Broken{"the guest said hello twice: it was reset, or its agent was"});
    }
    if (hello->protocol != wire::protocol_version) {
      return end(Broken{fmt::format("the agent speaks protocol {}, this program {}: rebuild both together",
                                    hello->protocol, wire::protocol_version)});
    }
  } else if (!said_hello_) {
    return end(Broken{"the guest did not begin with hello"});
  }
  return std::move(*message);
}

std::optional<Incoming> AgentSession::next_buffered() {
  wire::FrameView frame;
  if (decoder_.next(frame)) {
    return admit(frame);
  }
  if (decoder_.fault() != wire::Fault::none) {
    return end(Broken{fmt::format("the guest sent garbage: {}", wire::text_of(decoder_.fault()))});
  }
  return std::nullopt;
}

Task<Incoming> AgentSession::receive(Duration patience) {
  const auto until = Clock::now() + patience;
  while (!ended_) {
    if (std::exchange(woken_, false)) {
      co_return Woken{};
    }
    if (auto buffered = next_buffered()) {
      co_return std::move(*buffered);
    }
    const auto now = Clock::now();
    if (decoder_.pending() > 0 && now - last_byte_ >= limits_.stall) {
      co_return end(
          Broken{fmt::format("the guest stopped in the middle of a frame: {} bytes came, then nothing for {}",
                             decoder_.pending(), human(limits_.stall))});
    }
    if (now >= until) {
      co_return Silence{};
    }
    auto wait = until - now;
    if (decoder_.pending() > 0) {
      wait = std::min(wait, last_byte_ + limits_.stall - now);
    }
    patience_.expires_after(wait);
    const auto length = co_await read_some(socket_, chunk_, patience_);
    if (!length) {
      co_return end(Closed{});
    }
    if (*length > 0) {
      last_byte_ = Clock::now();
      received_bytes_ += *length;
      decoder_.feed(std::span(chunk_).first(*length));
    }
  }
  co_return *ended_;
}

Task<Status> AgentSession::send(Order order) {
  const auto frame = encode(order, send_sequence_++);
  auto sent = co_await with_deadline(send_limit, "sending an order to the guest", write_all(socket_, frame));
  if (!sent) {
    co_return sent.error();
  }
  co_return Status();
}

void AgentSession::wake() {
  woken_ = true;
  patience_.cancel();  // not the socket: an order may be on its way
}

}  // namespace assay::link
