// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/foreground.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <iterator>
#include <utility>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX asks the program to declare it

namespace assay {
namespace {

constexpr auto end_patience = std::chrono::seconds(5);

/// The settings of the terminal at stdin, where there is one.
class KeptTerminal {
 public:
  KeptTerminal() : is_one_(::tcgetattr(STDIN_FILENO, &found_) == 0) {}
  KeptTerminal(const KeptTerminal&) = delete;
  KeptTerminal& operator=(const KeptTerminal&) = delete;
  KeptTerminal(KeptTerminal&&) = delete;
  KeptTerminal& operator=(KeptTerminal&&) = delete;
  ~KeptTerminal() {
    // Who only looks is not stopped for being in the background.
    termios now{};
    if (is_one_ && ::tcgetattr(STDIN_FILENO, &now) == 0 && !same(now)) {
      ::tcsetattr(STDIN_FILENO, TCSADRAIN, &found_);
    }
  }

 private:
  [[nodiscard]] bool same(const termios& now) const {
    return now.c_iflag == found_.c_iflag && now.c_oflag == found_.c_oflag && now.c_cflag == found_.c_cflag &&
           now.c_lflag == found_.c_lflag && std::ranges::equal(now.c_cc, found_.c_cc);
  }

  termios found_{};
  bool is_one_;
};

/// Killed and reaped unless its end was seen.
class ForegroundChild {
 public:
  explicit ForegroundChild(pid_t pid) : pid_(pid) {}
  ForegroundChild(const ForegroundChild&) = delete;
  ForegroundChild& operator=(const ForegroundChild&) = delete;
  ForegroundChild(ForegroundChild&&) = delete;
  ForegroundChild& operator=(ForegroundChild&&) = delete;
  ~ForegroundChild() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }
  [[nodiscard]] pid_t pid() const { return pid_; }
  ProcessEnd reap() { return reap_child(std::exchange(pid_, -1)); }

 private:
  pid_t pid_;
};

/// With the signals that this process heeds and others do not.
Result<pid_t> spawn_with_our_streams(std::vector<std::string> argv) {
  std::vector<char*> words;
  std::ranges::transform(argv, std::back_inserter(words), [](std::string& word) { return word.data(); });
  words.push_back(nullptr);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t usual;
  sigemptyset(&usual);
  posix_spawnattr_setsigmask(&attributes, &usual);
  sigaddset(&usual, SIGPIPE);
  sigaddset(&usual, SIGXFSZ);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, argv.front().c_str(), nullptr, &attributes, words.data(), environ);
  posix_spawnattr_destroy(&attributes);
  return error == 0 ? Result<pid_t>(pid)
                    : fail(Failure::infrastructure, "cannot start {}: {}", argv.front(), errno_text(error));
}

Task<Status> end_in_time(pid_t pid) {
  using namespace asio::experimental::awaitable_operators;
  ::kill(pid, SIGTERM);
  ::kill(pid, SIGCONT);  // stopped, it would not hear that
  auto first = co_await (wait_for_exit(pid) || pause_for(end_patience));
  if (first.index() == 0) {
    co_return std::get<0>(std::move(first));
  }
  ::kill(pid, SIGKILL);
  co_return Status();
}

}  // namespace

Task<Result<ProcessEnd>> run_in_foreground(std::vector<std::string> argv, Interrupt& stop) {
  using namespace asio::experimental::awaitable_operators;
  // util-linux' setpriv becomes the program, which is told when this process ends, however it does.
  argv.insert(argv.begin(), {"setpriv", "--pdeathsig", "TERM", "--"});
  const KeptTerminal terminal;
  auto pid = spawn_with_our_streams(std::move(argv));
  if (!pid) {
    co_return pid.error();
  }
  ForegroundChild child(*pid);
  auto first = co_await (wait_for_exit(child.pid()) || stop.wait());
  Status seen;
  if (first.index() == 0) {
    seen = std::get<0>(std::move(first));
  } else {
    seen = co_await end_in_time(child.pid());
  }
  co_return seen ? Result<ProcessEnd>(child.reap()) : Result<ProcessEnd>(seen.error());
}

}  // namespace assay
