// SPDX-License-Identifier: GPL-2.0-or-later
#include "wire/outbox.hpp"

#include "frame.hpp"

#include <algorithm>
#include <cstring>

namespace assay::agent {
namespace {

/// Room that a frame of this urgency must leave for more urgent ones.
std::size_t reserve_above(Urgency urgency, std::size_t capacity) {
  switch (urgency) {
    case Urgency::sample:
      return capacity / 4;
    case Urgency::report:
      return capacity / 8;
    case Urgency::answer:
      break;
  }
  return 0;
}

}  // namespace

Outbox::Outbox(std::size_t capacity)
    : capacity_(capacity), ring_(std::make_unique_for_overwrite<std::byte[]>(capacity)) {}

bool Outbox::has_room(std::size_t payload, Urgency urgency) const {
  return wire::header_size + payload + reserve_above(urgency, capacity_) <= capacity_ - used_;
}

bool Outbox::push(std::span<const std::byte> payload, Urgency urgency) {
  const std::uint32_t sequence = sequence_++;
  if (!has_room(payload.size(), urgency)) {
    ++dropped_;
    return false;
  }
  append(wire::encode_header(static_cast<std::uint32_t>(payload.size()), sequence));
  append(payload);
  return true;
}

void Outbox::append(std::span<const std::byte> bytes) {
  const std::size_t end = (begin_ + used_) % capacity_;
  const std::size_t first = std::min(bytes.size(), capacity_ - end);
  std::memcpy(ring_.get() + end, bytes.data(), first);
  std::memcpy(ring_.get(), bytes.data() + first, bytes.size() - first);
  used_ += bytes.size();
}

std::span<const std::byte> Outbox::front() const {
  return {ring_.get() + begin_, std::min(used_, capacity_ - begin_)};
}

void Outbox::pop(std::size_t count) {
  begin_ = (begin_ + count) % capacity_;
  used_ -= count;
  if (used_ == 0) {
    begin_ = 0;  // the next front() is as long as it can be
  }
}

void Outbox::reset() {
  begin_ = 0;
  used_ = 0;
  sequence_ = 0;
}

}  // namespace assay::agent
