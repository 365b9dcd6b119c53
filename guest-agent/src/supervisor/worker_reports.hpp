// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "frame.hpp"
#include "supervisor/host_channel.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace assay::agent {

/// What a worker reports, on its way to the host. Reports are not dropped: while the host reads slowly they
/// stay in the pipe, and the worker waits. Nothing allocates after the constructor.
class WorkerReports {
 public:
  /// As HostChannel's `chunk`, and the same one.
  WorkerReports(HostChannel& channel, std::span<std::byte> chunk);

  /// A new worker begins.
  void reset();
  /// Sends on what `pipe` holds, as far as the host has room; the result is kept.
  void pump(int pipe);
  /// Whether the last pump() ended for want of room.
  [[nodiscard]] bool wait_for_room() const;
  /// The worker's result; empty while there is none.
  [[nodiscard]] std::span<const std::byte> result() const { return result_; }

 private:
  [[nodiscard]] bool has_room() const;
  [[nodiscard]] bool send_on();
  void take(std::span<const std::byte> payload);

  HostChannel& channel_;
  std::span<std::byte> chunk_;
  wire::Decoder decoder_;
  wire::FrameView report_;     ///< the one in hand, held by decoder_
  std::uint32_t repeats_ = 0;  ///< how often it still has to be sent
  std::vector<std::byte> result_;
};

}  // namespace assay::agent
