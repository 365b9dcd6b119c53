// SPDX-License-Identifier: GPL-2.0-or-later
#include "supervisor/worker_reports.hpp"

#include <sys/types.h>
#include <unistd.h>

namespace assay::agent {
namespace {

constexpr std::size_t longest_report = std::size_t{128} << 10U;

}  // namespace

WorkerReports::WorkerReports(HostChannel& channel, std::span<std::byte> chunk)
    : channel_(channel), chunk_(chunk), decoder_(longest_report) {
  decoder_.reserve(chunk.size());
  result_.reserve(longest_report);
}

void WorkerReports::reset() {
  decoder_.reset();
  repeats_ = 0;
  result_.clear();
}

void WorkerReports::pump(int pipe) {
  while (pipe >= 0 && send_on()) {
    const ssize_t count = ::read(pipe, chunk_.data(), chunk_.size());
    if (count <= 0) {
      return;
    }
    decoder_.feed(chunk_.first(static_cast<std::size_t>(count)));
  }
}

bool WorkerReports::has_room() const { return channel_.outbox().has_room(longest_report, Urgency::report); }

bool WorkerReports::wait_for_room() const { return repeats_ > 0 || !has_room(); }

/// Sends on what the decoder holds. False: the rest must wait for room.
bool WorkerReports::send_on() {
  for (;;) {
    if (!has_room()) {
      channel_.flush();
      if (!has_room()) {
        return false;
      }
    }
    if (repeats_ > 0) {
      --repeats_;
    } else if (decoder_.next(report_)) {
      repeats_ = report_.sequence;
    } else {
      return true;
    }
    take(report_.payload);
  }
}

void WorkerReports::take(std::span<const std::byte> payload) {
  const wire::Frame* frame = verified(payload);
  const auto type = frame == nullptr ? wire::Message::NONE : frame->message_type();
  switch (type) {
    case wire::Message::Result:
      result_.assign(payload.begin(), payload.end());
      break;
    case wire::Message::Event:
    case wire::Message::Log:
    case wire::Message::Metrics:
    case wire::Message::Samples:
    case wire::Message::Output:
    case wire::Message::Taken:
    case wire::Message::Ended:
    case wire::Message::FilesDone:
    case wire::Message::Files:
      channel_.send(payload, Urgency::report);
      break;
    default:
      channel_.send_log(wire::LogLevel::error, "ignored a report of the worker that is not a valid message");
  }
}

}  // namespace assay::agent
