// SPDX-License-Identifier: GPL-2.0-or-later
#include "supervisor/worker_process.hpp"

#include "wire/worker_fds.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace assay::agent {
namespace {

/// Room for bursts of reports while the supervisor is busy; a guest without the right gets the default.
constexpr int reports_size = 1 << 20;
/// Room for a whole window of input (frame.hpp).
constexpr int orders_size = 1 << 19;

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

int open_pipe(Pipe& ends) {
  std::array<int, 2> fds{-1, -1};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) {
    return errno;
  }
  ends.read.reset(fds[0]);
  ends.write.reset(fds[1]);
  return 0;
}

/// Descriptors above the ones that a worker expects, so that dup2() below cannot hit one of them.
int raise_fd(UniqueFd& fd) {
  const int raised = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 10);
  if (raised < 0) {
    return errno;
  }
  fd.reset(raised);
  return 0;
}

void make_first_victim() {
  const int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd >= 0) {
    [[maybe_unused]] const auto written = ::write(fd, "1000", 4);
    ::close(fd);
  }
}

/// Between vfork() and execve(): shares the supervisor's memory, so system calls only.
[[noreturn]] void become_worker(int orders, int reports) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  make_first_victim();
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(orders, worker_orders_fd);
  ::dup2(reports, worker_reports_fd);
  std::array<char, 13> name{"assay-worker"};
  std::array<char, 9> flag{"--worker"};
  std::array<char*, 3> arguments{name.data(), flag.data(), nullptr};
  ::execv("/proc/self/exe", arguments.data());
  ::_exit(127);
}

}  // namespace

int WorkerProcess::start(std::span<const std::byte> order_frame) {
  Pipe orders;
  Pipe reports;
  for (const int error : {open_pipe(orders), open_pipe(reports)}) {
    if (error != 0) {
      return error;
    }
  }
  for (UniqueFd* fd : {&orders.read, &reports.write}) {
    if (const int error = raise_fd(*fd); error != 0) {
      return error;
    }
  }
  ::fcntl(reports.read.get(), F_SETPIPE_SZ, reports_size);
  ::fcntl(reports.read.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(orders.write.get(), F_SETPIPE_SZ, orders_size);
  ::fcntl(orders.write.get(), F_SETFL, O_NONBLOCK);
  // The order is smaller than an empty pipe holds, so one write takes it whole.
  if (::write(orders.write.get(), order_frame.data(), order_frame.size()) !=
      static_cast<ssize_t>(order_frame.size())) {
    return EMSGSIZE;
  }
  // posix_spawn() maps a stack, which mlockall() would have to populate, and cannot set oom_score_adj.
  const pid_t pid = ::vfork();  // NOLINT(bugprone-unsafe-functions)
  if (pid == 0) {
    become_worker(orders.read.get(), reports.write.get());
  }
  if (pid < 0) {
    return errno;
  }
  pid_ = pid;
  group_ = pid;
  orders_ = std::move(orders.write);
  reports_ = std::move(reports.read);
  return 0;
}

bool WorkerProcess::feed(std::span<const std::byte> frame) const {
  const ssize_t written = ::write(orders_.get(), frame.data(), frame.size());
  return written == static_cast<ssize_t>(frame.size()) || (written < 0 && errno == EPIPE);  // it is ending
}

void WorkerProcess::kill_all() const {
  if (group_ > 0) {
    ::kill(::getpid() == 1 ? -1 : -group_, SIGKILL);
  }
}

void WorkerProcess::note_end() {
  kill_all();
  pid_ = 0;
}

void WorkerProcess::forget() {
  group_ = 0;
  orders_.reset();
  reports_.reset();
}

}  // namespace assay::agent
