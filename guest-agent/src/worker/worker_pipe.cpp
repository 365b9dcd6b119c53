// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker/worker_pipe.hpp"

#include "wire/worker_fds.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace assay::agent {
namespace {

void write_report(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(worker_reports_fd, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      ::_exit(1);  // the supervisor is gone
    }
    bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
}

}  // namespace

void PipeReporter::send(std::span<const std::byte> payload, std::uint32_t repeats) {
  const std::scoped_lock lock(mutex_);
  // A pipe loses nothing, so the place of the sequence number is free to say this.
  write_report(wire::encode_header(static_cast<std::uint32_t>(payload.size()), repeats));
  write_report(payload);
}

void OrderPipe::fill() {
  const ssize_t count = ::read(worker_orders_fd, chunk_.data(), chunk_.size());
  if (count > 0) {
    decoder_.feed(std::span(chunk_).first(static_cast<std::size_t>(count)));
  } else if (count == 0 || errno != EINTR) {
    open_ = false;
  }
}

const wire::Frame* OrderPipe::next_arrived() {
  if (!decoder_.next(frame_)) {
    open_ = open_ && decoder_.fault() == wire::Fault::none;
    return nullptr;
  }
  return wire::GetFrame(frame_.payload.data());  // verified by the supervisor
}

const wire::Frame* OrderPipe::next() {
  for (;;) {
    const wire::Frame* frame = next_arrived();
    if (frame != nullptr || !open_) {
      return frame;
    }
    fill();
  }
}

void send_output(Reporter& reporter, std::uint64_t order, wire::Stream stream,
                 std::span<const std::byte> bytes) {
  flatbuffers::FlatBufferBuilder builder(bytes.size() + 256);
  const auto content =
      builder.CreateVector(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  send_message(reporter, builder, wire::CreateOutput(builder, order, stream, content));
}

}  // namespace assay::agent
