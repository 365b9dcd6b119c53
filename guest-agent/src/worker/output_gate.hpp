// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"

#include <atomic>
#include <thread>
#include <vector>

namespace assay::agent {

/// Holds a program up while what it wrote is on its way to the host: the next thing that it does may be the
/// end of the kernel. A thread for each CPU waits for output, too; the one where the program wrote is woken
/// there, takes the CPU before write() is back, and keeps it until the output has left. At most a quarter of
/// the time, so that a program that writes without an end is not slowed down much. Does nothing with one CPU,
/// where the worker itself takes it, and outside of a guest.
class OutputGate {
 public:
  /// Read ends of pipes, or -1. The gate keeps them open.
  OutputGate(int output, int errors);
  OutputGate(const OutputGate&) = delete;
  OutputGate& operator=(const OutputGate&) = delete;
  OutputGate(OutputGate&&) = delete;
  OutputGate& operator=(OutputGate&&) = delete;
  ~OutputGate();

  /// Around reading output and handing it to the supervisor.
  void set_passing(bool passing) { passing_ = passing; }

 private:
  void watch(unsigned cpu);
  [[nodiscard]] bool has_left() const;

  UniqueFd output_;
  UniqueFd errors_;
  UniqueFd supervisor_;  ///< its state in /proc
  UniqueFd stop_;        ///< readable at the end
  std::atomic<bool> passing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace assay::agent
