// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace assay::agent {

/// The worker's whole life: reads one order from worker_orders_fd, runs it, writes reports and the result to
/// worker_reports_fd. The value is the process's exit code: 0 when a result was delivered.
[[nodiscard]] int run_worker();

}  // namespace assay::agent
