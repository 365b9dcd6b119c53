// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/exit_code.hpp"
#include "base/interrupt.hpp"
#include "run/session.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace assay::cli {

using run::Places;
using run::shown;

/// What every verb may use.
struct Globals {
  explicit Globals(Interrupt& asked_to_stop) : interrupt(asked_to_stop) {}

  std::string results;  ///< --results
  std::string connect;  ///< --connect: a libvirt URI, "" for the embedded driver
  bool quiet = false;
  bool bisecting = false;  ///< the exit code is for `git bisect run`
  bool colour = false;     ///< stdout is a terminal and NO_COLOR is not set
  Interrupt& interrupt;
  std::filesystem::path program_folder = {};  ///< "" for this program's
  run::Connect hypervisors = machine::connect_libvirt;
  /// Ctrl-C and Ctrl-\ are meant for a program that has the terminal.
  bool keys_elsewhere = false;
  /// Said at the first Ctrl-C, by verbs that then have something to end in order; the others end at once.
  const char* on_stop = nullptr;

  /// Errors: as run::find_places() and run::find_whole().
  [[nodiscard]] Result<Places> places() const { return run::find_places(results, program_folder); }
  [[nodiscard]] Result<Places> whole_places() const { return run::find_whole(results, program_folder); }
  [[nodiscard]] run::Session session(Places places, run::Progress& progress) {
    return {std::move(places), interrupt, progress, connect, bisecting, hypervisors};
  }
};

/// What the command line asks for, run on the io_context.
using Action = std::function<Task<Result<ExitCode>>()>;

/// Each adds its subcommand to `app`; when that is given, `chosen` is set.
void add_run(CLI::App& app, Globals& globals, Action& chosen);
void add_mutate(CLI::App& app, Globals& globals, Action& chosen);
void add_try(CLI::App& app, Globals& globals, Action& chosen);
void add_runs(CLI::App& app, Globals& globals, Action& chosen);
void add_show(CLI::App& app, Globals& globals, Action& chosen);
void add_report(CLI::App& app, Globals& globals, Action& chosen);
void add_compare(CLI::App& app, Globals& globals, Action& chosen);
void add_export(CLI::App& app, Globals& globals, Action& chosen);
void add_import(CLI::App& app, Globals& globals, Action& chosen);
void add_prune(CLI::App& app, Globals& globals, Action& chosen);
void add_list(CLI::App& app, Globals& globals, Action& chosen);
void add_kernel(CLI::App& app, Globals& globals, Action& chosen);
void add_exec(CLI::App& app, Globals& globals, Action& chosen);
void add_suite(CLI::App& app, Globals& globals, Action& chosen);
void add_gdb(CLI::App& app, Globals& globals, Action& chosen);
void add_shell(CLI::App& app, Globals& globals, Action& chosen);
void add_doctor(CLI::App& app, Globals& globals, Action& chosen);
void add_completion(CLI::App& app, Globals& globals, Action& chosen);
void add_help(CLI::App& app, Globals& globals, Action& chosen);

/// To stdout, for people: what names and texts of others have in them does not talk to the terminal.
/// finish_stdout() tells what went wrong.
void print(std::string_view text);
/// To stdout, for programs: a path, which may have any bytes.
void print_exactly(std::string_view text);

/// Before the program ends: an error that any print() met. Error: infrastructure. Does not return, as SIGPIPE
/// does not, when the reader went away.
[[nodiscard]] Status finish_stdout();

}  // namespace assay::cli
