// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/signals.hpp"

#include "cli/messages.hpp"
#include "program/host_streams.hpp"

#include <boost/asio/signal_set.hpp>

#include <unistd.h>

#include <csignal>
#include <cstdio>

namespace assay::cli {

Task<> hear_signals(Globals& globals) {
  asio::signal_set signals(co_await asio::this_coro::executor);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    struct sigaction inherited{};
    // nohup, cron and shells without job control make us deaf to some, and mean it.
    if (::sigaction(number, nullptr, &inherited) == 0 && inherited.sa_handler != SIG_IGN) {
      signals.add(number);
    }
  }
  if (const auto [error, signal] = co_await signals.async_wait(noexcept_awaitable); error) {
    co_return;
  }
  if (globals.on_stop != nullptr) {
    if (::isatty(STDERR_FILENO) != 0) {
      std::fputs("\n", stderr);  // behind the ^C that the terminal shows
    }
    tell(fmt::format("stopping: {} (again to quit at once)", globals.on_stop));
    globals.interrupt.request();
    if (const auto [error, signal] = co_await signals.async_wait(noexcept_awaitable); error) {
      co_return;
    }
  }
  program::restore_terminal();
  ::_exit(static_cast<int>(ExitCode::interrupted));
}

}  // namespace assay::cli
