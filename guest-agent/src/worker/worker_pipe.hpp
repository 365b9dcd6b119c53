// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "assay_generated.h"
#include "contract/context.hpp"
#include "frame.hpp"

#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace assay::agent {

/// A worker's reports: frames into the pipe to the supervisor. Ends the process when the supervisor is gone.
class PipeReporter final : public Reporter {
 public:
  using Reporter::send;
  void send(std::span<const std::byte> payload, std::uint32_t repeats) override;

 private:
  std::mutex mutex_;
};

/// What a worker is told: its order first, then what belongs to it.
class OrderPipe {
 public:
  OrderPipe() : chunk_(std::size_t{64} << 10U) {}

  /// The next message; blocks until it is whole. Null when nothing comes any more. Valid until the next call.
  [[nodiscard]] const wire::Frame* next();

  /// The next message that has arrived already; null when there is none. open() says whether more can come.
  [[nodiscard]] const wire::Frame* next_arrived();
  /// Reads what has arrived; call when poll() says that there is something.
  void fill();
  [[nodiscard]] bool open() const { return open_; }

 private:
  wire::Decoder decoder_;
  wire::FrameView frame_;
  std::vector<std::byte> chunk_;
  bool open_ = true;
};

/// All that a Result message says of an order's end.
struct Ending {
  std::uint64_t order = 0;
  wire::Fate fate = wire::Fate::finished;
  int code = 0;
  wire::Outcome outcome = wire::Outcome::none;
  std::string reason{};
};

/// Sends a message that `builder` holds all parts of.
template <class T>
void send_message(Reporter& reporter, flatbuffers::FlatBufferBuilder& builder,
                  flatbuffers::Offset<T> message) {
  wire::FinishFrameBuffer(builder,
                          wire::CreateFrame(builder, wire::MessageTraits<T>::enum_value, message.Union()));
  reporter.send({reinterpret_cast<const std::byte*>(builder.GetBufferPointer()), builder.GetSize()});
}

/// At most wire::most_bytes.
void send_output(Reporter& reporter, std::uint64_t order, wire::Stream stream,
                 std::span<const std::byte> bytes);

}  // namespace assay::agent
