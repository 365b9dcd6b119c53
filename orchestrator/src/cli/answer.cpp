// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/answer.hpp"

#include "base/async.hpp"
#include "cli/command_line.hpp"
#include "cli/help.hpp"
#include "cli/messages.hpp"
#include "cli/signals.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <variant>

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

int carried_out(const Action& action, Globals& globals) {
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

int answer(Globals& globals, const std::vector<std::string>& words) {
  CommandLine line(globals);
  if (words.empty()) {
    std::fputs(help_text(line.app()).c_str(), stderr);
    return static_cast<int>(ExitCode::usage);
  }
  const auto action = line.parse(words);
  if (!action) {
    const auto code = told(action.error());
    return static_cast<int>(means_bisect(words) ? for_bisect(code) : code);
  }
  return carried_out(*action, globals);
}

}  // namespace assay::cli
