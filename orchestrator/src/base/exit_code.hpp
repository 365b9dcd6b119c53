// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"

#include <cstdint>

namespace assay {

/// What the program tells its caller; documented in `assay --help` and README.
enum class ExitCode : std::uint8_t {
  all_hold = 0,
  refuted = 1,
  usage = 2,
  inconclusive = 3,
  nothing_ran = 4,
  infrastructure = 70,
  bad_kernel = 125,   ///< does not build or boot; what `git bisect run` skips
  stop_bisect = 128,  ///< `git bisect run` ends at once
  interrupted = 130,
};

[[nodiscard]] ExitCode exit_code_for(Failure failure);

/// The code as `git bisect run` must hear it, which takes 1 to 124 for "bad": where nothing was decided the
/// commit is skipped, and where it would be the same for any commit the search ends.
[[nodiscard]] ExitCode for_bisect(ExitCode code);

}  // namespace assay
