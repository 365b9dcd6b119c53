// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as what a guest sends: cut into frames, decoded, counted. Nothing is read outside the input,
// memory stays bounded, and what comes out keeps the promises of link/codec.hpp.
#include "frame.hpp"
#include "link/codec.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

namespace assay::link {
namespace {

/// The fuzzer reports the input that led here.
void require(bool promise) {
  if (!promise) {
    std::abort();
  }
}

void check(const Message& message) {
  if (const auto* samples = std::get_if<Samples>(&message)) {
    const auto& batch = samples->batch;
    require(batch.values.size() == batch.times.size() * batch.metrics.size());
  }
  if (const auto* result = std::get_if<WorkerResult>(&message)) {
    require(result->fate <= Fate::stuck && result->outcome <= WorkOutcome::none);
  }
}

/// What one reading of the input found, as far as it must not depend on where the input is cut.
struct Reading {
  std::size_t frames = 0;
  std::size_t messages = 0;
  std::size_t payload_bytes = 0;
  wire::Fault fault = wire::Fault::none;
  std::size_t pending = 0;
  bool operator==(const Reading&) const = default;
};

void take_frames(wire::Decoder& decoder, Reading& reading) {
  wire::FrameView frame;
  while (decoder.next(frame)) {
    require(!frame.payload.empty() && frame.payload.size() <= wire::max_payload);
    require(reinterpret_cast<std::uintptr_t>(frame.payload.data()) % 8 == 0);
    ++reading.frames;
    reading.payload_bytes += frame.payload.size();
    const auto message = decode(frame.payload);
    if (message) {
      ++reading.messages;
      check(*message);
    } else {
      require(message.error().kind() == Failure::infrastructure && !message.error().text().empty());
    }
  }
}

Reading read(std::span<const std::byte> bytes, std::size_t piece) {
  wire::Decoder decoder;
  Reading reading;
  while (!bytes.empty()) {
    const auto size = std::min(piece, bytes.size());
    decoder.feed(bytes.first(size));
    bytes = bytes.subspan(size);
    take_frames(decoder, reading);
    require(decoder.pending() <= wire::header_size + wire::max_payload + piece);
  }
  reading.fault = decoder.fault();
  reading.pending = reading.fault == wire::Fault::none ? decoder.pending() : 0;
  return reading;
}

void fuzz(std::span<const std::byte> bytes) {
  const auto whole = read(bytes, std::max<std::size_t>(1, bytes.size()));
  require(whole == read(bytes, 7));
  const std::size_t used = whole.payload_bytes + whole.frames * wire::header_size + whole.pending;
  require(whole.fault != wire::Fault::none ? used <= bytes.size() : used == bytes.size());

  // The same bytes as one payload, so that the fuzzer need not guess headers.
  if (const auto message = decode(bytes)) {
    check(*message);
  }
}

}  // namespace
}  // namespace assay::link

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  assay::link::fuzz({reinterpret_cast<const std::byte*>(data), size});
  return 0;
}
