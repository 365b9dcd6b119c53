// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"
#include "worker/output_gate.hpp"
#include "worker/program_user.hpp"

#include <sys/resource.h>
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::agent {

struct TerminalSize {
  std::uint16_t rows = 24;
  std::uint16_t columns = 80;
};

/// Where a program says when its measurement begins and ends; the answers come from the next. Digits, for
/// shells.
inline constexpr int program_marks_fd = 3;

struct ProgramSpec {
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  std::string directory = "/";
  bool input = false;
  bool terminal = false;
  bool merged = false;  ///< stdout and stderr are one pipe, so that what is written keeps its order
  TerminalSize size;
  std::array<int, 2> marks{-1, -1};  ///< become program_marks_fd and the next
  std::string cgroup{};              ///< the file by which it enters one; "": it stays where it is
  std::optional<Identity> identity;  ///< nothing: as whom the agent runs
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

  /// The errno because of which it does not run, else 0; then what() says all: "cannot execute /bin/x: ...".
  [[nodiscard]] int start_error() const { return start_error_; }
  [[nodiscard]] const std::string& what() const { return what_; }

  /// Non-blocking ends. With a terminal all three are one, of which input() is a copy; what is merged has no
  /// errors().
  UniqueFd& input() { return input_; }
  UniqueFd& output() { return output_; }
  UniqueFd& errors() { return errors_; }
  /// Nobody reads this end any more.
  void close_end(UniqueFd& end) {
    gate_.reset();
    end.reset();
  }
  /// Of both outputs; null when there is none.
  [[nodiscard]] OutputGate* gate() const { return gate_.get(); }
  /// Readable when the program has ended.
  [[nodiscard]] int end_fd() const { return end_.get(); }

  /// True when it has ended: `status` and `usage` are what wait4() says.
  [[nodiscard]] bool reap(int& status, rusage& usage);
  /// SIGKILL to it and all it started, as far as they can be found.
  void kill_all() const;
  void resize(TerminalSize size) const;

 private:
  struct ChildEnds;
  void open_pipes(const ProgramSpec& spec, ChildEnds& child);
  void open_terminal(const ProgramSpec& spec, ChildEnds& child);
  void give_to(const Identity& identity, const ChildEnds& child) const;

  pid_t pid_ = 0;    ///< 0 when it was reaped
  pid_t group_ = 0;  ///< of it and what it started
  bool terminal_ = false;
  int start_error_ = 0;
  std::string what_;
  UniqueFd input_;
  UniqueFd output_;
  UniqueFd errors_;
  UniqueFd end_;
  std::unique_ptr<OutputGate> gate_;
};

}  // namespace assay::agent
