// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace assay::agent {

/// What a frame may cost others when the host reads slowly.
enum class Urgency : std::uint8_t {
  sample,  ///< goes first: leaves room for reports and answers
  report,  ///< events, logs, heartbeats: leave room for answers
  answer,  ///< hello, results, pongs: may use the last byte
};

/// Frames that wait for the host to read them: a ring of fixed size. Its memory is taken in the constructor.
class Outbox {
 public:
  static constexpr std::size_t default_capacity = std::size_t{2} << 20U;

  explicit Outbox(std::size_t capacity = default_capacity);

  /// Queues one frame. False: there was no room, the frame is dropped and counted. The sequence number
  /// advances either way, so that the host sees the gap.
  bool push(std::span<const std::byte> payload, Urgency urgency);
  [[nodiscard]] bool has_room(std::size_t payload, Urgency urgency) const;

  /// What to write next: contiguous, empty when nothing waits.
  [[nodiscard]] std::span<const std::byte> front() const;
  /// The first `count` bytes of front() were written.
  void pop(std::size_t count);
  [[nodiscard]] bool empty() const { return used_ == 0; }

  /// A new reader: forgets what waits and counts from sequence 0 again.
  void reset();

  /// Frames that found no room, since construction.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  void append(std::span<const std::byte> bytes);

  std::size_t capacity_;
  std::unique_ptr<std::byte[]> ring_;
  std::size_t begin_ = 0;
  std::size_t used_ = 0;
  std::uint32_t sequence_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace assay::agent
