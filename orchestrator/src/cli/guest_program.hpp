// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/handle.hpp"
#include "cli/verb.hpp"
#include "program/guest_run.hpp"
#include "program/host_streams.hpp"
#include "run/one_guest.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace assay::cli {

/// The options that `exec` and `shell` share: which guest, and what its program gets.
struct GuestOptions : run::GuestWish {
  std::vector<std::string> files;
  std::vector<std::string> environment;
  std::string user;  ///< "": root
};

/// Adds these options to a verb. `kernel` is how its kernel is named there: by an option, or an argument.
void add_guest_options(CLI::App& verb, GuestOptions& options, const std::string& kernel = "-k,--kernel");

/// What a program finds in its environment; HOME is left to the agent when it runs as some user. Error:
/// usage, for what is not NAME=VALUE or the NAME of one here.
[[nodiscard]] Result<std::vector<std::string>> program_environment(const GuestOptions& options);

/// All `--file` options together. Error: usage.
[[nodiscard]] Result<std::vector<program::FileIn>> files_in(const std::vector<std::string>& given);

/// A program's end and where its guest's console can be read.
struct GuestProgramEnd {
  program::GuestRun run;
  std::filesystem::path console;
};

/// A guest that can boot, and what it is for.
struct GuestProgram {
  run::PreparedGuest guest;
  program::Request request;
  std::string kernel;           ///< as the user named it
  std::vector<UniqueFd> files;  ///< of the request, that have no names
};

/// Finds or builds the kernel and reads what has no name to be read again. `what` is a name for the guest's
/// folder. Errors: usage, build, interrupted, infrastructure.
Task<Result<GuestProgram>> prepare_guest_program(Globals& globals, const Places& places, GuestOptions options,
                                                 std::string what, program::Request request);

/// Boots the guest and runs the request in it, until `interrupt` asks. Errors: boot, interrupted,
/// infrastructure.
Task<Result<GuestProgramEnd>> run_guest_program(Globals& globals, Interrupt& interrupt, GuestProgram program,
                                                program::Streams& streams);

/// Tells on stderr what the guest kernel complained about, and that it died.
void tell_findings(const GuestProgramEnd& end);

}  // namespace assay::cli
