// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/guest_program.hpp"
#include "cli/own_program.hpp"
#include "cli/surroundings.hpp"
#include "cli/values.hpp"
#include "image/busybox.hpp"
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
};

constexpr const char* guest_busybox = "/bin/busybox";
/// Gives every applet its name; as root, whoever the shell's user is.
constexpr const char* install_script =
    "/bin/busybox mkdir -p /sbin /usr/bin /usr/sbin /root && /bin/busybox --install -s\n";
constexpr const char* start_script =
    "cd \"$HOME\" 2>/dev/null || cd /\n"
    "exec /bin/busybox sh -l\n";

Task<Result<fs::path>> find_busybox(Globals& globals, const Places& places, const std::string& option,
                                    Arch arch) {
  std::error_code error;
  if (option.empty()) {
    co_return co_await image::busybox_for(places.images, arch, globals.interrupt,
                                          [&globals](std::string_view step) {
                                            if (!globals.quiet) {
                                              std::fprintf(stderr, "%s\n", std::string(step).c_str());
                                            }
                                          });
  }
  if (!fs::exists(option, error)) {
    co_return fail(Failure::usage, "cannot open a shell: {} is not there", option);
  }
  co_return fs::path(option);
}

Task<Result<program::Request>> shell_request(Globals& globals, ShellOptions& options, const Places& places) {
  const auto arch = run::guest_arch(options.guest, places);
  auto environment = program_environment(options.guest);
  auto files = files_in(options.guest.files);
  if (!arch || !environment || !files) {
    co_return (!arch ? arch.error() : !environment ? environment.error() : files.error());
  }
  auto busybox = co_await find_busybox(globals, places, options.busybox, *arch);
  if (!busybox) {
    co_return busybox.error();
  }
  program::Request request;
  request.files = std::move(*files);
  request.files.push_back({*busybox, guest_busybox});
  const char* term = std::getenv("TERM");
  // What the user gave comes later and counts.
  environment->insert(environment->begin(), {std::string("TERM=") + (term != nullptr ? term : "linux"),
                                             "PS1=" + options.guest.kernel + ":\\w# "});
  request.before.emplace();
  request.before->arguments = {guest_busybox, "sh", "-c", install_script};
  request.before->timeout_ns = 60'000'000'000;
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
  program::HostStreamsOptions wanted;
  wanted.input = true;
  wanted.screen = true;
  if (!globals.quiet) {
    std::fputs(fmt::format("booting {}; leave with exit or Ctrl-]\n", harmless(options.guest.kernel)).c_str(),
               stderr);
  }
  auto streams = program::create_host_streams(co_await asio::this_coro::executor, std::move(wanted));
  auto end =
      co_await run_guest_program(globals, *places, options.guest, "shell", std::move(*request), *streams);
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
  takes(verb->add_option("--busybox", options->busybox,
                         "a static busybox (default: Debian's; for sparc64 built from its source, once)"),
        named("FILE"));
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
