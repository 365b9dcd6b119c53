// SPDX-License-Identifier: GPL-2.0-or-later
#include "program/exit_code.hpp"

#include "base/exit_code.hpp"
#include "base/text.hpp"

namespace assay::program {
namespace {

constexpr std::uint8_t timed_out_code = 124;
constexpr std::uint8_t not_executed_code = 127;
constexpr std::uint8_t dead_guest_code = 255;
/// What the kernel's selftests end with when they skip everything.
constexpr std::int32_t skipped_all = 4;
/// The agent takes orders of 60 KiB; the wire adds to each text.
constexpr std::size_t longest_command = std::size_t{48} << 10U;

bool is_well(const link::Ended& end) {
  return end.how == link::ProgramEnd::exited && (end.code == 0 || end.code == skipped_all);
}

/// Whether the program ran to its end and its results are what counts.
bool has_results(const GuestRun& end, const TestReport& report) {
  const bool ran = !end.died && end.program.how != link::ProgramEnd::timed_out &&
                   end.program.how != link::ProgramEnd::not_started;
  return ran && !(report.tests.empty() && report.problems.empty());
}

}  // namespace

std::uint8_t exit_code_of(const GuestRun& end) {
  if (end.died) {
    return dead_guest_code;
  }
  switch (end.program.how) {
    case link::ProgramEnd::timed_out:
      return timed_out_code;
    case link::ProgramEnd::not_started:
      return not_executed_code;
    case link::ProgramEnd::signalled:
      return static_cast<std::uint8_t>(128 + (end.program.code & 0x7f));
    case link::ProgramEnd::exited:
      break;
  }
  const auto code = static_cast<std::uint8_t>(end.program.code & 0xff);
  return code == 0 && !end.not_fetched.empty() ? static_cast<std::uint8_t>(ExitCode::infrastructure) : code;
}

std::uint8_t exit_code_of(const GuestRun& end, const TestReport& report) {
  if (!has_results(end, report)) {
    return exit_code_of(end);
  }
  if (!report.ok() || !is_well(end.program)) {
    return 1;
  }
  return end.not_fetched.empty() ? 0 : static_cast<std::uint8_t>(ExitCode::infrastructure);
}

std::string disagreement(const GuestRun& end, const TestReport& report) {
  const bool apart = has_results(end, report) && report.ok() && !is_well(end.program);
  return apart && end.program.how == link::ProgramEnd::exited
             ? fmt::format("no test failed, but the program ended with exit code {}", end.program.code)
             : "";
}

std::string end_text(const link::Ended& end) {
  switch (end.how) {
    case link::ProgramEnd::timed_out:
      return "the program was ended: it ran longer than its time-out";
    case link::ProgramEnd::not_started:
      return "the program was not executed: " + printable(end.reason);
    case link::ProgramEnd::signalled:
      return fmt::format("the program was ended by signal {}: {}", end.code, printable(end.reason));
    case link::ProgramEnd::exited:
      break;
  }
  return "";
}

Status fits_into_an_order(const link::RunProgram& program) {
  std::size_t length = program.directory.size();
  for (const auto* texts : {&program.arguments, &program.environment}) {
    for (const auto& text : *texts) {
      length += text.size() + 16;
    }
  }
  if (length > longest_command) {
    return fail(Failure::usage, "cannot run {}: its arguments and environment take {} bytes, of {} possible",
                program.arguments.front(), length, longest_command);
  }
  return {};
}

}  // namespace assay::program
