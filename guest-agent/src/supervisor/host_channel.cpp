// SPDX-License-Identifier: GPL-2.0-or-later
#include "supervisor/host_channel.hpp"

#include "base/clock.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace assay::agent {
namespace {

/// An order must fit into an empty pipe, header included.
constexpr std::size_t longest_order = std::size_t{60} << 10U;
constexpr std::uint64_t farewell_ns = 2 * ns_per_s;

}  // namespace

HostChannel::HostChannel(UniqueFd fd, Channel kind, std::span<std::byte> chunk)
    : fd_(std::move(fd)), kind_(kind), chunk_(chunk), orders_(longest_order) {
  orders_.reserve(chunk.size());
}

bool HostChannel::notice(unsigned events) {
  if ((events & EPOLLHUP) != 0 && kind_ == Channel::port) {
    end_session();
    return false;
  }
  const bool is_new = !connected_;
  if (is_new) {
    begin_session();
  }
  readable_ = true;  // an end of the stream is found by reading
  writable_ = true;
  return is_new;
}

void HostChannel::begin_session() {
  connected_ = true;
  fault_reported_ = false;
  orders_.reset();
  outbox_.reset();
}

void HostChannel::end_session() {
  // What the old host wrote, perhaps half a frame, is not the begin of what the next one writes.
  while (kind_ == Channel::port && ::read(fd_.get(), chunk_.data(), chunk_.size()) > 0) {
  }
  connected_ = false;
  readable_ = false;
  writable_ = false;
  over_ = kind_ == Channel::socket;
}

bool HostChannel::receive() {
  while (connected_ && readable_) {
    const ssize_t count = ::read(fd_.get(), chunk_.data(), chunk_.size());
    if (count > 0) {
      orders_.feed(chunk_.first(static_cast<std::size_t>(count)));
      return true;
    }
    if (count == 0) {
      end_session();
    } else {
      readable_ = errno == EINTR;
    }
  }
  return false;
}

bool HostChannel::next(wire::FrameView& frame) {
  if (orders_.next(frame)) {
    return true;
  }
  if (orders_.fault() != wire::Fault::none && !fault_reported_) {
    fault_reported_ = true;  // the decoder drops all that follows, until the host connects anew
    send_log(wire::LogLevel::error, wire::text_of(orders_.fault()));
  }
  return false;
}

void HostChannel::send_log(wire::LogLevel level, std::string_view text) {
  send(encoder_.log(level, text), Urgency::report);
}

void HostChannel::flush() {
  for (int i = 0; i < burst && connected_ && writable_ && !outbox_.empty(); ++i) {
    const auto bytes = outbox_.front();
    const ssize_t written = ::write(fd_.get(), bytes.data(), bytes.size());
    if (written > 0) {
      outbox_.pop(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == ENOMEM) {
      writable_ = false;  // the next edge, or the next heartbeat, tries again
    } else if (errno != EINTR) {
      end_session();
    }
  }
}

void HostChannel::drain() {
  const std::uint64_t end = monotonic_ns() + farewell_ns;
  while (connected_ && !outbox_.empty() && monotonic_ns() < end) {
    writable_ = true;
    flush();
    if (!writable_) {
      pollfd wait{.fd = fd_.get(), .events = POLLOUT, .revents = 0};
      ::poll(&wait, 1, 100);
    }
  }
}

const wire::Frame* verified(std::span<const std::byte> payload) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(payload.data());
  flatbuffers::Verifier verifier(bytes, payload.size());
  return wire::VerifyFrameBuffer(verifier) ? wire::GetFrame(bytes) : nullptr;
}

}  // namespace assay::agent
