// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace assay::agent {

/// The descriptors that a worker finds open: framed messages, as on the channel.
inline constexpr int worker_orders_fd = 3;
inline constexpr int worker_reports_fd = 4;

}  // namespace assay::agent
