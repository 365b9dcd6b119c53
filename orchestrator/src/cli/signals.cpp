// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/signals.hpp"

#include "cli/messages.hpp"
#include "program/host_streams.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>

namespace assay::cli {
namespace {

/// Whether a process that knows nothing of a signal ends by it, and whoever sends it means just that.
bool asks_to_stop(int number) {
  switch (number) {
    case SIGKILL:
    case SIGSTOP:  // nobody hears these two
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
    case SIGCONT:
    case SIGCHLD:
    case SIGURG:
    case SIGWINCH:  // these end nothing
    case SIGPIPE:
    case SIGXFSZ:  // these are errors of write()
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:  // who goes on behind these makes the same mistake again
      return false;
    default:
      return true;
  }
}

bool comes_from_keys(int number) { return number == SIGINT || number == SIGQUIT; }

}  // namespace

StopSignals::StopSignals(asio::io_context& io) : signals_(io) {
  for (int number = 1; number <= SIGRTMAX; ++number) {
    struct sigaction inherited{};
    // nohup, cron and shells without job control make us deaf to some, and mean it.
    if (asks_to_stop(number) && ::sigaction(number, nullptr, &inherited) == 0 &&
        inherited.sa_handler == SIG_DFL) {
      signals_.add(number);
    }
  }
  std::signal(SIGXFSZ, SIG_IGN);
}

Task<> StopSignals::hear(Globals& globals) {
  for (bool heard = false; !heard;) {
    const auto [error, signal] = co_await signals_.async_wait(noexcept_awaitable);
    if (error) {
      co_return;
    }
    heard = !globals.keys_elsewhere || !comes_from_keys(signal);
  }
  if (globals.on_stop != nullptr) {
    if (::isatty(STDERR_FILENO) != 0) {
      std::fputs("\n", stderr);  // behind the ^C that the terminal shows
    }
    tell(fmt::format("stopping: {} (again to quit at once)", globals.on_stop));
    globals.interrupt.request();
    if (const auto [error, signal] = co_await signals_.async_wait(noexcept_awaitable); error) {
      co_return;
    }
  }
  program::restore_terminal();
  ::_exit(static_cast<int>(ExitCode::interrupted));
}

}  // namespace assay::cli
