// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/surroundings.hpp"

namespace assay::cli {
namespace {

std::string_view meaning(ExitCode code) {
  switch (code) {
    case ExitCode::all_hold:
      return "all claims hold; it is done";
    case ExitCode::refuted:
      return "a claim is refuted";
    case ExitCode::usage:
      return "wrong usage: an option, a file; nothing was built or booted";
    case ExitCode::inconclusive:
      return "inconclusive: more trials are needed";
    case ExitCode::nothing_ran:
      return "nothing could be run";
    case ExitCode::infrastructure:
      return "infrastructure: QEMU, libvirt, the disk";
    case ExitCode::bad_kernel:
      return "a kernel does not build or boot (what git bisect run skips)";
    case ExitCode::stop_bisect:
      return "with try --rev, instead of 2 and 70: ends a bisection";
    case ExitCode::interrupted:
      break;
  }
  return "interrupted";
}

}  // namespace

const std::vector<Explained>& environment_variables() {
  static const std::vector<Explained> all{
      {"ASSAY_RESULTS", "the results folder, where --results does not name one"},
      {"ASSAY_DEBUG", "set to anything: what the program does, on stderr"},
      {"ASSAY_BUILD",
       "never: nothing is built; a kernel that is not there is an error at once, with exit code 125"},
      {"XDG_CACHE_HOME", "built kernels and the like are in assay/ of it (~/.cache)"},
      {"XDG_DATA_HOME", "results of an installed program are in assay/results/ of it (~/.local/share)"},
      {"XDG_RUNTIME_DIR",
       "libvirt's sockets and logs are in assay/ of it, if its path is short (32 letters at most)"},
      {"KBUILD_OUTPUT", "where try --config without a value looks for .config"},
      {"HOME", "where the folders above are that begin with ~; handed to kernel builds"},
      {"PATH", "where compilers, QEMU and other programs are; handed to kernel builds"},
      {"TMPDIR",
       "else they are in assay-UID of it, or of /tmp; handed to kernel builds, as PATH and HOME are and "
       "nothing else of the environment"},
      {"NO_COLOR", "no colours on a terminal"},
      {"TERM", "dumb: no progress line; handed to the shell of assay shell"},
  };
  return all;
}

const std::vector<Explained>& files_of_program() {
  static const std::vector<Explained> all{
      {"results/assay.sqlite", "the database of runs, in the results folder"},
      {"results/runs/RUN/", "what the guests of a run left: consoles, machines, seeds"},
      {"results/exec/", "consoles of the latest 100 guests of exec, shell, gdb and suite"},
      {"~/.cache/assay/kernels/", "built kernels; assay kernel gc says what can go"},
      {"~/.cache/assay/try/", "the variant files that assay try and assay suite write"},
      {"~/.cache/assay/suites/", "compiled selftests; may go at any time"},
  };
  return all;
}

std::string exit_codes(const std::vector<ExitCode>& codes) {
  std::string text = "Exit codes:\n";
  for (const auto code : codes) {
    text += fmt::format("  {:>3}  {}\n", static_cast<int>(code), meaning(code));
  }
  return text;
}

std::string exit_codes_of_runs() {
  using enum ExitCode;
  return exit_codes(
      {all_hold, refuted, usage, inconclusive, nothing_ran, infrastructure, bad_kernel, interrupted});
}

std::string exit_codes_of_program() {
  using enum ExitCode;
  return exit_codes({all_hold, refuted, usage, inconclusive, nothing_ran, infrastructure, bad_kernel,
                     stop_bisect, interrupted});
}

std::string exec_exit_codes() {
  return "Exit codes:\n"
         "      n  the program's own\n"
         "  128+n  signal n ended it\n"
         "      1  with --ktap: a test failed\n"
         "      2  wrong usage: an option, a file; nothing was built or booted\n"
         "     70  infrastructure: QEMU, libvirt, the disk\n"
         "    124  it ran longer than --timeout\n"
         "    125  the kernel does not build or boot\n"
         "    127  the program cannot be executed\n"
         "    130  interrupted\n"
         "    255  the guest died\n";
}

}  // namespace assay::cli
