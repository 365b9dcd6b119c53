// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

/// The framing under the messages of assay.fbs. On the wire, little-endian whatever the guest:
///
///     u32 magic "ASY1" | u32 payload length in bytes | u32 sequence | payload (a FlatBuffer)
///
/// The sequence starts at 0 and grows by one for each frame that the sender wanted to send: a gap at
/// the reader is the number of frames that the sender had to drop.
namespace assay::wire {

inline constexpr std::uint32_t protocol_version = 2;
inline constexpr std::uint32_t frame_magic = 0x31595341;  // "ASY1"
inline constexpr std::size_t header_size = 12;
inline constexpr std::size_t max_payload = std::size_t{1} << 20U;
/// Bytes in one Output, Input or Files message, at most, apart from the little that the format adds.
inline constexpr std::size_t most_bytes = std::size_t{32} << 10U;
/// Input or Files messages that may be under way: the agent surely has room for them.
inline constexpr std::size_t input_window = 8;

using HeaderBytes = std::array<std::byte, header_size>;

[[nodiscard]] HeaderBytes encode_header(std::uint32_t payload_length, std::uint32_t sequence);

/// Why a stream of bytes is not a stream of frames. The stream cannot be trusted after any of these.
enum class Fault : std::uint8_t { none, bad_magic, too_long, empty };
[[nodiscard]] std::string_view text_of(Fault fault);

/// One frame, held by the decoder; valid until its next call of next(). The payload is aligned for
/// FlatBuffers, which reads 64-bit fields in place.
struct FrameView {
  std::uint32_t sequence = 0;
  std::span<const std::byte> payload;
};

/// Cuts a byte stream into frames. Memory is bounded by two frames of `longest` plus what one feed() adds.
class Decoder {
 public:
  /// A payload above `longest` bytes is a fault.
  explicit Decoder(std::size_t longest = max_payload) : longest_(longest) {}

  /// Takes all memory now that feeds of up to `feed_size` bytes need, provided that next() is called after
  /// each until it returns false: no later call allocates.
  void reserve(std::size_t feed_size);

  /// Back to the state of a new decoder, for a new stream; keeps its memory.
  void reset();

  /// Appends bytes as they were read.
  void feed(std::span<const std::byte> bytes);

  /// True when a whole frame was there: it is in `frame`. False: more bytes are needed, or fault() says why
  /// never.
  [[nodiscard]] bool next(FrameView& frame);

  [[nodiscard]] Fault fault() const { return fault_; }
  /// Bytes of a frame that has begun and is not whole.
  [[nodiscard]] std::size_t pending() const { return buffer_.size() - begin_; }

 private:
  std::vector<std::byte> buffer_;
  std::vector<std::byte> payload_;
  std::size_t longest_;
  std::size_t begin_ = 0;
  Fault fault_ = Fault::none;
};

}  // namespace assay::wire
