// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/reaper.hpp"

#include "base/files.hpp"

#include <boost/asio/signal_set.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <sstream>
#include <string>
#include <system_error>

namespace assay::machine {
namespace {

/// Whether `stat` (of /proc/<pid>/stat) is that of a daemonised QEMU which has ended as a child of ours. In
/// our own session it would be one that libvirt waits for itself.
bool is_dead_daemon(const std::string& stat) {
  const auto name_end = stat.rfind(')');
  if (name_end == std::string::npos || stat.find("(qemu-system") == std::string::npos) {
    return false;
  }
  std::istringstream rest(stat.substr(name_end + 1));
  char state = 0;
  int parent = 0;
  int group = 0;
  int session = 0;
  rest >> state >> parent >> group >> session;
  return state == 'Z' && parent == ::getpid() && session != ::getsid(0);
}

}  // namespace

Task<> reap_dead_daemons() {
  asio::signal_set children(co_await asio::this_coro::executor, SIGCHLD);
  while (true) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
      const int pid = std::atoi(entry.path().filename().c_str());
      const auto stat = pid > 1 ? read_file(entry.path() / "stat") : Result<std::string>(std::string());
      if (stat && is_dead_daemon(*stat)) {
        ::waitpid(pid, nullptr, WNOHANG);
      }
    }
    const auto [error, signal] = co_await children.async_wait(noexcept_awaitable);
    if (error) {
      co_return;
    }
  }
}

}  // namespace assay::machine
