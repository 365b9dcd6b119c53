// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/guest_program.hpp"
#include "cli/messages.hpp"
#include "cli/own_program.hpp"
#include "cli/surroundings.hpp"
#include "cli/values.hpp"
#include "program/exit_code.hpp"
#include "program/ktap.hpp"

#include <cstdio>
#include <ranges>
#include <utility>

namespace assay::cli {
namespace {

struct ExecOptions {
  GuestOptions guest;
  std::string timeout = "60s";
  std::vector<std::string> results;
  std::vector<std::string> command;
  bool input = false;
  std::string root;  ///< "": this system
  bool ktap = false;
  bool dry_run = false;
};

/// The first word of the command, which no kernel could ever execute.
bool names_no_program(const std::string& word) {
  const auto name = std::filesystem::path(word).filename();
  return name.empty() || name == "." || name == "..";
}

/// Also says in `options` what comes in the guest's initramfs.
Result<program::Request> request_of(ExecOptions& options, const Places& places) {
  if (names_no_program(options.command.front())) {
    return fail(Failure::usage, "cannot run \"{}\": it names no program", options.command.front());
  }
  const auto arch = run::guest_arch(options.guest, places);
  const auto timeout = parse_duration(options.timeout);
  auto environment = program_environment(options.guest);
  auto files = files_in(options.guest.files);
  if (!arch || !timeout || !environment || !files) {
    return !arch          ? arch.error()
           : !timeout     ? timeout.error().within("understand --timeout")
           : !environment ? environment.error()
                          : files.error();
  }
  program::Request request;
  request.files = std::move(*files);
  request.program.arguments = options.command;
  request.program.environment = std::move(*environment);
  request.program.timeout_ns = static_cast<std::uint64_t>(timeout->count());
  request.program.input = options.input;
  request.program.user = options.guest.user;
  // One pipe keeps the order of what the program writes. The parser wants stdout alone.
  request.program.merged = !options.ktap && program::outputs_are_one();
  auto programs = bring_program(request, *arch, options.root);
  if (!programs) {
    return programs.error();
  }
  options.guest.programs = std::move(*programs);
  for (const auto& text : options.results) {
    auto file = program::parse_file_out(text);
    if (!file) {
      return file.error();
    }
    request.results.push_back(std::move(*file));
  }
  if (auto readable = options.input ? program::check_input() : Status(); !readable) {
    return readable.error();
  }
  if (auto fits = program::fits_into_an_order(request.program); !fits) {
    return fits.error();
  }
  return request;
}

/// All that a person wants to read of what may be a thousand lines.
void tell_some(const std::vector<std::string>& lines) {
  constexpr std::size_t most = 20;
  for (const auto& line : std::views::take(lines, most)) {
    tell(line);
  }
  if (lines.size() > most) {
    tell(fmt::format("and {} more like these", lines.size() - most));
  }
}

/// What is to be said on stderr about the end.
void tell_end(const GuestProgramEnd& end) {
  tell_findings(end);
  if (!end.run.died) {
    const auto text = program::end_text(end.run.program);
    if (!text.empty()) {
      tell(text);
    }
  }
  tell_some(end.run.not_fetched);
  tell_some(end.run.remarks);
}

Task<Result<ExitCode>> exec_verb(Globals& globals, ExecOptions options) {
  globals.on_stop = "the guest is being destroyed";
  auto places = globals.whole_places();
  if (!places) {
    co_return places.error();
  }
  auto request = request_of(options, *places);
  if (!request) {
    co_return request.error();
  }
  if (options.dry_run) {
    print(brought_text(*request, options.guest.programs));
    co_return ExitCode::all_hold;
  }
  program::KtapParser parser;
  program::HostStreamsOptions wanted;
  wanted.input = options.input;
  wanted.quiet = options.ktap && globals.quiet;
  if (options.ktap) {
    wanted.on_output = [&parser](std::string_view bytes) { parser.feed(bytes); };
  }
  const auto streams = program::create_host_streams(co_await asio::this_coro::executor, std::move(wanted));
  std::string what = std::filesystem::path(options.command.front()).filename().string();
  auto prepared =
      co_await prepare_guest_program(globals, *places, options.guest, std::move(what), std::move(*request));
  if (!prepared) {
    co_return prepared.error();
  }
  auto end = co_await run_guest_program(globals, globals.interrupt, std::move(*prepared), *streams);
  if (!end) {
    co_return end.error();
  }
  tell_end(*end);
  if (!options.ktap) {
    co_return static_cast<ExitCode>(program::exit_code_of(end->run));
  }
  const auto report = parser.finish();
  print((globals.quiet ? "" : "\n") + program::result_table(report));
  const auto code = program::exit_code_of(end->run, report);
  if (const auto text = program::disagreement(end->run, report); !text.empty()) {
    tell(text);
  }
  co_return static_cast<ExitCode>(code);
}

}  // namespace

void add_exec(CLI::App& app, Globals& globals, Action& chosen) {
  auto options = std::make_shared<ExecOptions>();
  auto* verb = app.add_subcommand("exec", "run a program of yours in a guest and end with its exit code");
  add_guest_options(*verb, options->guest);
  takes(verb->add_option("--timeout", options->timeout, "the program is ended after this time; 0s: never"),
        duration())
      ->capture_default_str();
  takes(verb->add_option("-g,--get", options->results,
                         "copied out after the end (a folder with all that is in it); may be repeated"),
        named("GUEST:HOST"));
  verb->add_flag("-i,--stdin", options->input, "pass stdin on to the program");
  verb->add_flag(
      "--ktap", options->ktap,
      "read the program's stdout as KTAP, print a table of results, end with 1 when a test failed");
  takes(verb->add_option("--root", options->root,
                         "a folder with another system: programs by name or absolute path, interpreters and "
                         "libraries come from there instead of from here"),
        named("FOLDER"));
  verb->add_flag("-n,--dry-run", options->dry_run,
                 "print what would come into the guest, with sizes, and boot nothing");
  takes(
      verb->add_option(
          "program", options->command,
          "behind --: the program and its arguments; a path to a file here, or a name in PATH of the guest, "
          "comes into the guest with the interpreter and the libraries that it needs"),
      anything("PROGRAM"))
      ->required();
  verb->footer(
      "Examples:\n"
      "  assay exec -k linux-6.12 -- /bin/busybox uname -r\n"
      "  assay exec -k linux-6.12 --file data:/data --get /out:out -- ./mine /data /out\n"
      "  assay exec -k linux-6.12 -- python3 script.py\n"
      "  assay exec -k linux-6.12 --ktap -- ./mremap_dontunmap\n" +
      exec_exit_codes());
  verb->callback([&globals, &chosen, options] {
    chosen = [&globals, options] { return exec_verb(globals, *options); };
  });
}

}  // namespace assay::cli
