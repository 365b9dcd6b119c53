// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"

#include <cstdint>
#include <string>

namespace assay::agent {

inline constexpr const char* port_name = "org.assay.agent.0";

/// The device node of the virtio port with our name ("/dev/vport1p1"), "" when there is none yet.
/// `folder` is /sys/class/virtio-ports.
[[nodiscard]] std::string find_port(const std::string& folder);

/// Waits until the port is there and opens it, non-blocking. Empty when the deadline passed.
[[nodiscard]] UniqueFd wait_for_port(std::uint64_t deadline_ns);

}  // namespace assay::agent
