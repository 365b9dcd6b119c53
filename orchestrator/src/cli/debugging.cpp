// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/debugging.hpp"

#include "base/text.hpp"
#include "cli/messages.hpp"

#include <unistd.h>

#include <cstdio>

namespace assay::cli {

debugger::Target debug_target(const run::PreparedGuest& guest) {
  debugger::Target target;
  target.arch = guest.spec.machine.arch;
  target.vmlinux = guest.kernel.vmlinux;
  target.socket = guest.spec.boot.debugger_socket;
  target.sources = guest.sources;
  if (!guest.kernel.gdb_script.empty()) {
    target.scripts.push_back(guest.kernel.gdb_script);
  }
  return target;
}

void tell_report(const finding::Report& report) {
  // The cursor is wherever a shell or a debugger left it, and the terminal as they want it.
  const bool shared = ::isatty(STDERR_FILENO) != 0;
  std::fputs(shared ? "\r\n" : "", stderr);
  tell(fmt::format("the guest's kernel reported: {}", printable(report.title)));
  std::fputs(shared ? "\r" : "", stderr);
}

}  // namespace assay::cli
