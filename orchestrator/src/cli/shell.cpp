// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "cli/debugging.hpp"
#include "cli/guest_shell.hpp"
#include "cli/messages.hpp"
#include "cli/own_program.hpp"
#include "cli/surroundings.hpp"
#include "cli/values.hpp"
#include "program/exit_code.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace assay::cli {
namespace {

struct ShellOptions {
  GuestOptions guest;
  std::string busybox;
  bool debug = false;
};

constexpr const char* start_script =
    "cd \"$HOME\" 2>/dev/null || cd /\n"
    "exec /bin/busybox sh -l\n";

Task<Result<program::Request>> shell_request(Globals& globals, ShellOptions& options, const Places& places) {
  const auto arch = run::guest_arch(options.guest, places);
  auto environment = program_environment(options.guest);
  auto files = files_in(options.guest.files);
  if (!arch || !environment || !files) {
    co_return (!arch ? arch.error() : !environment ? environment.error() : files.error());
  }
  program::Request request;
  request.files = std::move(*files);
  if (auto brought = co_await bring_shell(globals, places, *arch, options.busybox, request); !brought) {
    co_return brought.error();
  }
  const char* term = std::getenv("TERM");
  // What the user gave comes later and counts.
  environment->insert(environment->begin(), {std::string("TERM=") + (term != nullptr ? term : "linux"),
                                             "PS1=" + options.guest.kernel + ":\\w# "});
  request.program.user = options.guest.user;
  request.program.arguments = {guest_busybox, "sh", "-c", start_script};
  request.program.environment = std::move(*environment);
  request.program.input = true;
  request.program.terminal = true;
  request.program.size = program::terminal_size();
  auto programs = bring_program(request, *arch, {});
  if (!programs) {
    co_return programs.error();
  }
  options.guest.programs = std::move(*programs);
  co_return request;
}

/// The guest is there when this says so.
void say_how_to_attach(GuestProgram& program) {
  program.request.debugged.emplace();
  program.request.debugged->on_created = [line = debugger::gdb_line(debug_target(program.guest))] {
    tell("to debug it, in another terminal: " + line);
  };
  program.request.debugged->on_report = tell_report;
}

Task<Result<ExitCode>> shell_verb(Globals& globals, ShellOptions options) {
  globals.on_stop = "the guest is being destroyed";
  auto places = globals.whole_places();
  if (!places) {
    co_return places.error();
  }
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) {
    co_return fail(
        Failure::usage,
        "cannot open a shell: stdin or stdout is not a terminal; assay exec runs programs without one");
  }
  auto request = co_await shell_request(globals, options, *places);
  if (!request) {
    co_return request.error();
  }
  if (options.debug) {
    options.guest.debugging = machine::Debugging::running;
  }
  program::HostStreamsOptions wanted;
  wanted.input = true;
  wanted.screen = true;
  if (!globals.quiet) {
    std::fputs(fmt::format("booting {}; leave with exit or Ctrl-]\n", harmless(options.guest.kernel)).c_str(),
               stderr);
  }
  auto prepared =
      co_await prepare_guest_program(globals, *places, options.guest, "shell", std::move(*request));
  if (!prepared) {
    co_return prepared.error();
  }
  if (options.debug) {
    say_how_to_attach(*prepared);
  }
  auto streams = program::create_host_streams(co_await asio::this_coro::executor, std::move(wanted));
  auto end = co_await run_guest_program(globals, globals.interrupt, std::move(*prepared), *streams);
  const bool left = streams->left();
  streams.reset();  // the terminal is the user's again before anything is said
  if (!end) {
    co_return end.error();
  }
  tell_findings(*end);
  if (left) {
    std::fputs("\n", stderr);
    co_return ExitCode::all_hold;
  }
  co_return static_cast<ExitCode>(program::exit_code_of(end->run));
}

}  // namespace

void add_shell(CLI::App& app, Globals& globals, Action& chosen) {
  auto options = std::make_shared<ShellOptions>();
  auto* verb = app.add_subcommand("shell", "an interactive shell in a guest; exit or Ctrl-] leaves it");
  add_guest_options(*verb, options->guest);
  add_busybox_option(*verb, options->busybox);
  verb->add_flag("--debug", options->debug,
                 "gdb may attach to the guest, by a command that is printed; it is never taken for hung");
  verb->footer(
      "Examples:\n"
      "  assay shell -k linux-6.12\n"
      "  assay shell -k linux-6.12 --arch sparc64\n" +
      exec_exit_codes());
  verb->callback([&globals, &chosen, options] {
    chosen = [&globals, options] { return shell_verb(globals, *options); };
  });
}

}  // namespace assay::cli
