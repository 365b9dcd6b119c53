// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/exit_code.hpp"

namespace assay {

ExitCode exit_code_for(Failure failure) {
  switch (failure) {
    case Failure::usage:
      return ExitCode::usage;
    case Failure::build:
    case Failure::boot:
      return ExitCode::bad_kernel;
    case Failure::interrupted:
      return ExitCode::interrupted;
    case Failure::infrastructure:
      break;
  }
  return ExitCode::infrastructure;
}

ExitCode for_bisect(ExitCode code) {
  switch (code) {
    case ExitCode::inconclusive:
    case ExitCode::nothing_ran:
      return ExitCode::bad_kernel;
    case ExitCode::usage:
    case ExitCode::infrastructure:
      return ExitCode::stop_bisect;
    default:
      return code;
  }
}

}  // namespace assay
