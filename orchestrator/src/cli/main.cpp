// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/async.hpp"
#include "cli/build_places.hpp"
#include "cli/verb.hpp"
#include "program/host_streams.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

namespace assay::cli {
namespace {

constexpr const char* description =
    "Assay puts claims about Linux memory-management patches on trial: it boots kernels with and without\n"
    "the patch side by side, runs memory workloads in them and answers holds, refuted or inconclusive.";

constexpr const char* footer =
    "Exit codes: 0 all claims hold, 1 a claim is refuted, 2 usage, 3 inconclusive, 4 nothing could be run,\n"
    "70 infrastructure, 125 a kernel does not build or boot, 130 interrupted.";

void print_error(const std::string& text) { std::fprintf(stderr, "assay: %s\n", text.c_str()); }

/// The first Ctrl-C asks everybody to stop where there is something to end; the second does not wait.
Task<> hear_signals(Globals& globals) {
  asio::signal_set signals(co_await asio::this_coro::executor);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
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
    std::fprintf(stderr, "\nstopping: %s (again to quit at once)\n", globals.on_stop);
    globals.interrupt.request();
    if (const auto [error, signal] = co_await signals.async_wait(noexcept_awaitable); error) {
      co_return;
    }
  }
  program::restore_terminal();
  ::_exit(static_cast<int>(ExitCode::interrupted));
}

Task<Result<ExitCode>> guarded(const Action& action) {
  try {
    co_return co_await action();
  } catch (const std::exception& error) {
    co_return fail(Failure::infrastructure, "unexpected: {}; this is a mistake in Assay", error.what());
  }
}

/// The command line as far as it can be told when it could not be read: --rev makes it one for git bisect.
bool means_bisect(int argc, char** argv) {
  const auto is = [&](std::string_view wanted, std::string_view start) {
    return std::any_of(argv, argv + argc, [&](const char* word) {
      return wanted == word || (!start.empty() && std::string_view(word).starts_with(start));
    });
  };
  return is("try", "") && is("--rev", "--rev=");
}

int run(const Action& action, Globals& globals) {
  using namespace asio::experimental::awaitable_operators;
  asio::io_context io(1);
  auto code = ExitCode::infrastructure;
  const auto finished = [&](const std::exception_ptr& error,
                            std::variant<Result<ExitCode>, std::monostate> first) {
    auto* result = error ? nullptr : std::get_if<0>(&first);
    if (result != nullptr && *result) {
      code = result->value();
    } else if (result != nullptr) {
      print_error(result->error().text());
      code = exit_code_for(result->error().kind());
    }
    io.stop();
  };
  asio::co_spawn(io, guarded(action) || hear_signals(globals), finished);
  io.run();
  return static_cast<int>(globals.bisecting ? for_bisect(code) : code);
}

}  // namespace
}  // namespace assay::cli

int main(int argc, char** argv) {
  using namespace assay::cli;
  spdlog::set_default_logger(spdlog::stderr_color_mt("assay"));
  spdlog::set_level(std::getenv("ASSAY_DEBUG") != nullptr ? spdlog::level::debug : spdlog::level::warn);

  assay::Interrupt interrupt;
  Globals globals(interrupt);
  globals.colour = ::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  Action chosen;
  CLI::App app(description, "assay");
  app.footer(footer);
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", version);
  app.add_option("--results", globals.results,
                 "folder of the results (default: results/ of the source tree)");
  app.add_option("--connect", globals.connect, "libvirt URI (default: libvirt's embedded QEMU driver)");
  app.add_flag("-q,--quiet", globals.quiet, "no progress, only results and errors");
  for (const auto add :
       {add_run, add_try, add_runs, add_show, add_report, add_compare, add_export, add_import, add_prune,
        add_list, add_kernel, add_exec, add_shell, add_doctor, add_completion}) {
    add(app, globals, chosen);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (app.exit(error) == 0) {
      return 0;
    }
    const auto code = assay::ExitCode::usage;
    return static_cast<int>(means_bisect(argc, argv) ? assay::for_bisect(code) : code);
  }
  return run(chosen, globals);
}
