// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/verb.hpp"
#include "program/guest_run.hpp"
#include "program/host_streams.hpp"
#include "run/progress.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace assay::cli {

/// The options that `exec` and `shell` share: which guest, and what it gets.
struct GuestOptions {
  std::string kernel;
  std::string arch;
  std::string memory = "640M";    ///< with much less, there are no transparent huge pages
  std::string swap;               ///< "": no disk to swap to
  std::optional<unsigned> vcpus;  ///< 2, or 1 where a machine has no more
  std::string accel = "auto";
  std::vector<std::string> kernel_arguments;
  std::vector<std::string> modules;  ///< by name, to come along where all are too many
  std::vector<std::string> files;
  std::vector<std::string> environment;
  std::string user;  ///< "": root
};

/// Adds these options to a verb.
void add_guest_options(CLI::App& verb, GuestOptions& options);

/// What a program finds in its environment; HOME is left to the agent when it runs as some user. Error:
/// usage, for what is not NAME=VALUE or the NAME of one here.
[[nodiscard]] Result<std::vector<std::string>> program_environment(const GuestOptions& options);

/// All `--file` options together. Error: usage.
[[nodiscard]] Result<std::vector<program::FileIn>> files_in(const std::vector<std::string>& given);

/// The architecture of the guest: the option, or what the variant is for (x86_64 when for several). Error:
/// usage.
[[nodiscard]] Result<Arch> guest_arch(const GuestOptions& options, const Places& places);

/// A machine that can boot now.
struct PreparedGuest {
  std::unique_ptr<machine::Hypervisor> hypervisor;
  guest::Spec spec;
  kernel::Kernel kernel;
  image::AgentImage agent;
};

/// Finds or builds the kernel, connects to libvirt and makes a folder for the guest's console, of which the
/// latest hundred are kept. `what` is a name for it. Errors: usage, build, interrupted, infrastructure.
Task<Result<PreparedGuest>> prepare_guest(Globals& globals, const Places& places, GuestOptions options,
                                          std::string what, Progress& progress);

/// A program's end and where its guest's console can be read.
struct GuestProgramEnd {
  program::RunEnd run;
  std::filesystem::path console;
};

/// Finds or builds the kernel, boots a guest and runs the request in it. `what` is a name for its folder.
/// Errors: usage, build, boot, interrupted, infrastructure.
Task<Result<GuestProgramEnd>> run_guest_program(Globals& globals, const Places& places, GuestOptions options,
                                                std::string what, program::Request request,
                                                program::Streams& streams);

/// Tells on stderr what the guest kernel complained about, and that it died.
void tell_findings(const GuestProgramEnd& end);

}  // namespace assay::cli
