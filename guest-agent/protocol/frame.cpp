// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame.hpp"

namespace assay::wire {
namespace {

void put_u32(std::byte* to, std::uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) {
    to[i] = static_cast<std::byte>(value >> (8 * i));
  }
}

std::uint32_t get_u32(const std::byte* from) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) {
    value |= std::to_integer<std::uint32_t>(from[i]) << (8 * i);
  }
  return value;
}

}  // namespace

HeaderBytes encode_header(std::uint32_t payload_length, std::uint32_t sequence) {
  HeaderBytes header{};
  put_u32(header.data(), frame_magic);
  put_u32(header.data() + 4, payload_length);
  put_u32(header.data() + 8, sequence);
  return header;
}

std::string_view text_of(Fault fault) {
  switch (fault) {
    case Fault::bad_magic:
      return "a frame does not begin with the magic number";
    case Fault::too_long:
      return "a frame claims to be longer than the limit";
    case Fault::empty:
      return "a frame claims to be empty";
    case Fault::none:
      break;
  }
  return "no fault";
}

void Decoder::reserve(std::size_t feed_size) {
  buffer_.reserve(header_size + longest_ + feed_size);
  payload_.reserve(longest_);
}

void Decoder::reset() {
  buffer_.clear();
  begin_ = 0;
  fault_ = Fault::none;
}

void Decoder::feed(std::span<const std::byte> bytes) {
  if (fault_ != Fault::none) {
    return;
  }
  if (begin_ > 0) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

bool Decoder::next(FrameView& frame) {
  if (fault_ != Fault::none || pending() < header_size) {
    return false;
  }
  const std::byte* header = buffer_.data() + begin_;
  const std::uint32_t length = get_u32(header + 4);
  if (get_u32(header) != frame_magic) {
    fault_ = Fault::bad_magic;
  } else if (length > longest_) {
    fault_ = Fault::too_long;
  } else if (length == 0) {
    fault_ = Fault::empty;
  }
  if (fault_ != Fault::none || pending() < header_size + length) {
    return false;
  }
  frame.sequence = get_u32(header + 8);
  payload_.assign(header + header_size, header + header_size + length);
  frame.payload = payload_;
  begin_ += header_size + length;
  return true;
}

}  // namespace assay::wire
