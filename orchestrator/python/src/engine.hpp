// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <functional>

namespace assay::python {

/// The one thread on which runs and guests of this process live, with the library's io_context: libvirt knows
/// one event loop per process. Started by the first job, never seen by Python: nothing on it takes the GIL.
class Engine {
 public:
  /// Never destroyed: libvirt's threads may call in while the process ends.
  static Engine& of_process();

  /// A forked child has no such thread: it has to be a process of its own.
  [[nodiscard]] bool is_forked() const;
  /// Runs `work` on the engine's thread; its end counts as one job less. Any thread.
  void start(std::function<Task<>()> work);
  /// Calls `action` on the engine's thread. Any thread.
  void post(std::function<void()> action);
  /// Waits until no job is left or `limit` is over; true when none is. Any thread but the engine's.
  bool wait_idle(Duration limit);

 private:
  Engine();
  struct State;
  State& state_;
};

/// The folder that `assay` would run from, beside which the agent and the kernels' files are found.
[[nodiscard]] std::filesystem::path program_folder();

}  // namespace assay::python
