// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "guest/life.hpp"
#include "program/conversation.hpp"
#include "program/files.hpp"
#include "program/streams.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace assay::program {

/// A guest that is looked at by a debugger.
struct Debugged {
  std::function<void()> on_created;  ///< the debugger's socket is there, and nothing has booted yet
  OnReport on_report;
  /// The guest is stopped before its program starts, and goes on when the debugger says so; it is there until
  /// the streams are left, whatever became of the program.
  bool stays = false;
  bool stops = false;
};

/// What to do in a guest.
struct Request {
  std::optional<Debugged> debugged;  ///< then it may take any time, and no report ends it
  std::function<void(const link::Hello& hello)> on_hello;  ///< when the guest has booted
  std::vector<FileIn> files;
  std::optional<link::RunProgram> before;  ///< runs first, unheard; it must end with 0
  link::RunProgram program;  ///< its `order` is chosen by the conversation; without arguments: none
  std::vector<FileOut> results;
};

/// What came of it.
struct GuestRun {
  link::Ended program;
  std::optional<Died> died;  ///< then `program` says nothing
  std::vector<finding::Report> findings;
  std::vector<std::string> not_fetched;  ///< "cannot copy /x out of the guest: ..."
  std::vector<std::string> remarks;      ///< "left out /x: a device"
};

/// Boots a guest, copies files in, runs the program, copies results out (also when it failed) and destroys
/// the guest, whatever happens. Errors: boot, interrupted, infrastructure.
Task<Result<GuestRun>> run_in_guest(machine::Hypervisor& hypervisor, guest::Spec spec, Interrupt& interrupt,
                                    Request request, Streams& streams);

}  // namespace assay::program
