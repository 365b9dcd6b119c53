// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "link/messages.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace assay::link {

/// One payload of a frame as a message. The guest is not trusted: the buffer is verified, column shapes must
/// fit, and what only a host may send is refused. Error: infrastructure, says what is wrong with it.
[[nodiscard]] Result<Message> decode(std::span<const std::byte> payload);

/// A whole frame, header included, ready to be written.
[[nodiscard]] std::vector<std::byte> encode(const Order& order, std::uint32_t sequence);

}  // namespace assay::link
