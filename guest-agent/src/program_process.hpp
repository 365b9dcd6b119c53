// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "unique_fd.hpp"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace assay::agent {

struct TerminalSize {
  std::uint16_t rows = 24;
  std::uint16_t columns = 80;
};

struct ProgramSpec {
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  std::string directory = "/";
  bool input = false;
  bool terminal = false;
  TerminalSize size;
};

/// A program that runs on behalf of the host, in a session of its own, with the OOM score of an ordinary
/// process. Throws "cannot <action>: <why>" when even its pipes cannot be made.
class ProgramProcess {
 public:
  explicit ProgramProcess(const ProgramSpec& spec);
  ProgramProcess(const ProgramProcess&) = delete;
  ProgramProcess& operator=(const ProgramProcess&) = delete;
  ProgramProcess(ProgramProcess&&) = delete;
  ProgramProcess& operator=(ProgramProcess&&) = delete;
  ~ProgramProcess();

  /// The errno because of which it does not run, else 0; `what` failed then: "execute /bin/x".
  [[nodiscard]] int start_error() const { return start_error_; }
  [[nodiscard]] const std::string& what() const { return what_; }

  /// Non-blocking ends. With a terminal all three are one, of which input() is a copy.
  UniqueFd& input() { return input_; }
  UniqueFd& output() { return output_; }
  UniqueFd& errors() { return errors_; }
  /// Readable when the program has ended.
  [[nodiscard]] int end_fd() const { return end_.get(); }

  /// True when it has ended: `status` is what waitpid() says.
  [[nodiscard]] bool reap(int& status);
  /// SIGKILL to it and all it started, as far as they can be found.
  void kill_all() const;
  void resize(TerminalSize size) const;

 private:
  struct ChildEnds;
  void open_pipes(const ProgramSpec& spec, ChildEnds& child);
  void open_terminal(const ProgramSpec& spec, ChildEnds& child);

  pid_t pid_ = 0;    ///< 0 when it was reaped
  pid_t group_ = 0;  ///< of it and what it started
  bool terminal_ = false;
  int start_error_ = 0;
  std::string what_;
  UniqueFd input_;
  UniqueFd output_;
  UniqueFd errors_;
  UniqueFd end_;
};

/// What programs expect of a system and a workload does not: /dev/pts, /dev/shm, /dev/fd and the like.
/// Does nothing unless this is a guest; what cannot be made is left out.
void furnish_guest();

}  // namespace assay::agent
