// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"

namespace assay {

/// What the program tells its caller; documented in `assay --help` and README.
enum class ExitCode : std::uint8_t {
  all_hold = 0,
  refuted = 1,
  usage = 2,
  inconclusive = 3,
  nothing_ran = 4,
  infrastructure = 70,
  bad_kernel = 125,  ///< does not build or boot; what `git bisect run` skips
  interrupted = 130,
};

[[nodiscard]] ExitCode exit_code_for(Failure failure);

}  // namespace assay
