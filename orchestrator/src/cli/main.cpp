// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/async.hpp"
#include "base/log.hpp"
#include "cli/command_line.hpp"
#include "cli/help.hpp"
#include "cli/messages.hpp"
#include "cli/signals.hpp"
#include "program/host_streams.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>

namespace assay::cli {
namespace {

Task<Result<ExitCode>> guarded(const Action& action) {
  try {
    co_return co_await action();
  } catch (const std::exception& error) {
    co_return fail(Failure::infrastructure, "unexpected: {}; this is a mistake in Assay", error.what());
  }
}

/// The command line as far as it can be told when it could not be read: --rev makes it one for git bisect.
bool means_bisect(const std::vector<std::string>& words) {
  const auto is_rev = [](const std::string& word) { return word == "--rev" || word.starts_with("--rev="); };
  return std::ranges::count(words, "try") > 0 && std::ranges::any_of(words, is_rev);
}

ExitCode told(const Error& error) {
  tell(error.text());
  return exit_code_for(error.kind());
}

/// What nobody could read did not end well.
ExitCode with_output(ExitCode code) {
  const auto written = finish_stdout();
  return written ? code : told(written.error());
}

int run(const Action& action, Globals& globals) {
  using namespace asio::experimental::awaitable_operators;
  asio::io_context io(1);
  StopSignals signals(io);
  auto code = ExitCode::infrastructure;
  const auto finished = [&](const std::exception_ptr& error,
                            std::variant<Result<ExitCode>, std::monostate> first) {
    auto* result = error ? nullptr : std::get_if<0>(&first);
    if (result != nullptr) {
      code = *result ? result->value() : told(result->error());
    }
    io.stop();
  };
  asio::co_spawn(io, guarded(action) || signals.hear(globals), finished);
  io.run();
  code = with_output(code);
  return static_cast<int>(globals.bisecting ? for_bisect(code) : code);
}

}  // namespace
}  // namespace assay::cli

int main(int argc, char** argv) {
  using namespace assay::cli;
  assay::program::occupy_closed_descriptors();
  const auto debug = assay::debug_log();
  assay::Interrupt interrupt;
  Globals globals(interrupt);
  globals.colour = ::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  CommandLine line(globals);
  if (argc < 2) {
    std::fputs(help_text(line.app()).c_str(), stderr);
    return static_cast<int>(assay::ExitCode::usage);
  }
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto action = line.parse(words);
  if (!action) {
    const auto code = told(action.error());
    return static_cast<int>(means_bisect(words) ? assay::for_bisect(code) : code);
  }
  return run(*action, globals);
}
