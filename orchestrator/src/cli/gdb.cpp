// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/debugging.hpp"
#include "cli/guest_shell.hpp"
#include "cli/messages.hpp"
#include "cli/own_program.hpp"
#include "cli/surroundings.hpp"
#include "cli/values.hpp"
#include "debugger/session.hpp"
#include "program/exit_code.hpp"

#include <cstdio>
#include <utility>

namespace assay::cli {
namespace {

struct GdbOptions {
  GuestOptions guest;
  std::string busybox;
  std::string run;
  std::vector<std::string> arguments;
  bool at_boot = false;
};

using GuestEnd = Result<GuestProgramEnd>;
using GdbEnd = Result<std::optional<ProcessEnd>>;

Task<Result<program::Request>> gdb_request(Globals& globals, GdbOptions& options, const Places& places,
                                           Arch arch) {
  auto environment = program_environment(options.guest);
  auto files = files_in(options.guest.files);
  if (!environment || !files) {
    co_return environment ? files.error() : environment.error();
  }
  program::Request request;
  request.files = std::move(*files);
  request.debugged.emplace();
  request.debugged->on_report = tell_report;
  request.debugged->stays = true;
  request.debugged->stops = !options.at_boot;
  if (options.run.empty()) {
    co_return request;
  }
  if (auto brought = co_await bring_shell(globals, places, arch, options.busybox, request); !brought) {
    co_return brought.error();
  }
  request.program.arguments = {guest_busybox, "sh", "-c", options.run};
  request.program.environment = std::move(*environment);
  request.program.user = options.guest.user;
  request.program.merged = program::outputs_are_one();
  auto programs = bring_program(request, arch, {});
  if (!programs) {
    co_return programs.error();
  }
  options.guest.programs = std::move(*programs);
  co_return request;
}

/// What gdb will not know.
void say_what_is_missing(const kernel::Kernel& kernel, const std::string& name) {
  const auto config = kernel.config.empty() ? Result<std::string>(std::string()) : read_file(kernel.config);
  if (config && !config->empty() && config->find("\nCONFIG_DEBUG_INFO=y\n") == std::string::npos) {
    tell(
        fmt::format("note: gdb knows functions and lines of {}, neither types nor variables: a kernel with "
                    "the flavour debug-info has all",
                    name));
  }
}

/// The guest's life; then the session knows that there is none any more.
Task<GuestEnd> live(Globals& globals, Interrupt& interrupt, GuestProgram program,
                    debugger::Session& session) {
  auto end = co_await run_guest_program(globals, interrupt, std::move(program), session);
  session.no_guest();
  co_return end;
}

/// What is to be said of the guest when gdb has ended, and Assay's exit code.
Result<ExitCode> told(Globals& globals, const GuestEnd& guest, const GdbEnd& gdb) {
  if (globals.interrupt.requested()) {
    return fail(Failure::interrupted, "interrupted");
  }
  if (!gdb) {
    return gdb.error();
  }
  if (!*gdb) {  // there was no guest to debug
    return guest ? fail(Failure::boot, "cannot debug the guest: it ended while it booted") : guest.error();
  }
  if (guest) {
    tell_findings(*guest);
  } else if (guest.error().kind() != Failure::interrupted) {
    tell("the guest ended before gdb did: " + guest.error().text());
  }
  constexpr int by_signal = 128;
  return static_cast<ExitCode>((**gdb).signal != 0 ? by_signal + (**gdb).signal : (**gdb).code);
}

Task<Result<ExitCode>> debug(Globals& globals, GdbOptions options, GuestProgram program) {
  using namespace asio::experimental::awaitable_operators;
  const auto executor = co_await asio::this_coro::executor;
  debugger::Session::Options wanted;
  wanted.command = debugger::gdb_command(debug_target(program.guest), options.arguments);
  wanted.output = program::create_host_streams(executor, {});
  // To the end: a key that gdb got may be heard here when gdb is gone already.
  wanted.on_start = [&globals] { globals.keys_elsewhere = true; };
  Interrupt end_guest;
  debugger::Session session(std::move(wanted), end_guest);
  if (options.at_boot) {
    program.request.debugged->on_created = [&session] { session.start(); };
  }
  auto [guest, gdb] =
      co_await (live(globals, end_guest, std::move(program), session) && session.run(globals.interrupt));
  co_return told(globals, guest, gdb);
}

Task<Result<ExitCode>> gdb_verb(Globals& globals, GdbOptions options) {
  globals.on_stop = "gdb and the guest are being ended";
  auto places = globals.whole_places();
  if (!places) {
    co_return places.error();
  }
  const auto arch = run::guest_arch(options.guest, *places);
  const auto installed = arch ? debugger::check_gdb(*arch) : Status(arch.error());
  if (!installed) {
    co_return installed.error();
  }
  options.guest.debugging = options.at_boot ? machine::Debugging::stopped : machine::Debugging::running;
  auto request = co_await gdb_request(globals, options, *places, *arch);
  if (!request) {
    co_return request.error();
  }
  auto program = co_await prepare_guest_program(globals, *places, options.guest, "gdb", std::move(*request));
  if (!program) {
    co_return program.error();
  }
  if (!globals.quiet) {
    say_what_is_missing(program->guest.kernel, options.guest.kernel);
  }
  if (!globals.quiet && !options.at_boot) {
    std::fputs(
        fmt::format("booting {}; when it is up it is stopped for gdb\n", harmless(options.guest.kernel))
            .c_str(),
        stderr);
  }
  co_return co_await debug(globals, std::move(options), std::move(*program));
}

constexpr const char* footer =
    "Examples:\n"
    "  assay gdb linux-6.12+debug-info\n"
    "  assay gdb linux-6.12 -f repro:/repro --run /repro -- -ex 'break do_mmap'\n"
    "  assay gdb linux-6.12 --at-boot -- -ex 'break start_kernel' -ex continue\n"
    "Exit codes:\n"
    "      n  gdb's own\n"
    "  128+n  signal n ended it\n"
    "      2  wrong usage: an option, a file; nothing was built or booted\n"
    "     70  infrastructure: gdb, QEMU, libvirt, the disk\n"
    "    125  the kernel does not build or boot\n"
    "    130  interrupted\n";

}  // namespace

void add_gdb(CLI::App& app, Globals& globals, Action& chosen) {
  auto options = std::make_shared<GdbOptions>();
  auto* verb = app.add_subcommand("gdb", "debug a guest's kernel: gdb in this terminal, attached to a guest");
  add_guest_options(*verb, options->guest, "kernel");
  verb->add_flag("--at-boot", options->at_boot,
                 "stop the guest before its first instruction, not when it has booted");
  takes(
      verb->add_option("--run", options->run,
                       "a line for a shell of busybox in the guest, which begins when gdb lets the guest go "
                       "on; what it writes comes here"),
      printable_text("TEXT"));
  add_busybox_option(*verb, options->busybox);
  takes(verb->add_option("argument", options->arguments,
                         "behind --: more for gdb, as -x FILE or -ex COMMAND; it is attached before"),
        anything("ARGUMENT"));
  verb->footer(footer);
  verb->callback(
      [&globals, &chosen, options] { chosen = [&globals, options] { return gdb_verb(globals, *options); }; });
}

}  // namespace assay::cli
