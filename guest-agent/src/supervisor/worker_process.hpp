// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"

#include <sys/types.h>

#include <cstddef>
#include <span>

namespace assay::agent {

/// A running worker: this program again, in its own process group, that reads one order from a pipe and
/// writes its reports into another; what belongs to the order may follow. What it reports is bounded by the
/// pipe.
class WorkerProcess {
 public:
  /// Starts a worker and hands it the order. Does not allocate. 0, or the errno of what failed.
  [[nodiscard]] int start(std::span<const std::byte> order_frame);
  /// Hands it one more frame. False when there is no room for all of it: the worker is of no use then.
  [[nodiscard]] bool feed(std::span<const std::byte> frame) const;

  /// 0 when there is none.
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Non-blocking end of the reports; -1 when there is none.
  [[nodiscard]] int reports() const { return reports_.get(); }

  /// SIGKILL to the worker and all it started. As PID 1 that is every other process.
  void kill_all() const;
  /// The worker was reaped: its descendants are killed; reports() stays readable until forget().
  void note_end();
  void forget();

 private:
  pid_t pid_ = 0;
  pid_t group_ = 0;
  UniqueFd orders_;
  UniqueFd reports_;
};

}  // namespace assay::agent
