// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay {

/// A program to run in its own process group, stdin closed.
struct Command {
  std::vector<std::string> argv;
  std::filesystem::path directory;                               ///< where it runs; empty: here
  std::vector<std::pair<std::string, std::string>> environment;  ///< added to ours
  /// Called with each line of stdout and stderr (interleaved as written), without its newline.
  std::function<void(std::string_view)> on_line;
};

/// How a process ended: `code` for exit(), or `signal` when it was killed.
struct ProcessEnd {
  int code = 0;
  int signal = 0;
  [[nodiscard]] bool ok() const { return code == 0 && signal == 0; }
  /// "exit code 2" or "killed by signal 9 (Killed)".
  [[nodiscard]] std::string text() const;
};

/// Runs to the end. Cancellation kills the process group and reaps it.
/// Error: infrastructure when the program cannot be started.
Task<Result<ProcessEnd>> run_process(Command command);

/// run_process that keeps stdout (with stderr) and turns a failing end into an error that quotes
/// its last lines: for short helpers such as `gcc --version`.
Task<Result<std::string>> output_of(Command command);

/// Reaps a child that has ended, or waits until it has.
ProcessEnd reap_child(int pid);

/// The first words of a command that sees PATH, HOME and TMPDIR of our environment, LC_ALL=C, and nothing
/// else; variables may follow, and then the program.
[[nodiscard]] std::vector<std::string> clean_environment();

/// Where `program` is on PATH; empty when it is not.
std::filesystem::path find_program(std::string_view program);

/// Waits until process `pid` ends, by pidfd. Works for processes that are not our children.
/// Error: infrastructure when no such process exists or the kernel has no pidfd.
Task<Status> wait_for_exit(int pid);

}  // namespace assay
