// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/handle.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <utility>

namespace assay::store::testing {

/// A forked copy of the test that runs `work` and ends with what it returns. It can tell the parent numbers.
class Child {
 public:
  /// `work` gets the end of the pipe to write to.
  template <class Work>
  explicit Child(Work work) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) {
      throw std::runtime_error("no pipe");
    }
    heard_ = UniqueFd(ends[0]);
    UniqueFd told(ends[1]);
    pid_ = ::fork();
    if (pid_ < 0) {
      throw std::runtime_error("no process");
    }
    if (pid_ == 0) {
      heard_.reset();
      ::_exit(work(told.get()));
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  Child(Child&&) = delete;
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (pid_ > 0) {
      kill();
    }
  }

  /// The next number it told; false when it told its last.
  [[nodiscard]] bool hear(unsigned& number) const {
    return ::read(heard_.get(), &number, sizeof number) == static_cast<ssize_t>(sizeof number);
  }

  /// Kills it at once, as `kill -9` does, and reaps it.
  void kill() {
    ::kill(pid_, SIGKILL);
    static_cast<void>(wait());
  }

  /// Its exit code; -1 when a signal ended it.
  [[nodiscard]] int wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = -1;
  UniqueFd heard_;
};

/// What `work` of a Child tells its parent.
inline void tell(int pipe, unsigned number) { static_cast<void>(!::write(pipe, &number, sizeof number)); }

}  // namespace assay::store::testing
