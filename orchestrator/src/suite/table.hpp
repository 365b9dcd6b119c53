// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/exit_code.hpp"
#include "suite/suite.hpp"

#include <string>
#include <vector>

namespace assay::suite {

/// Every test of the outcome; what differs in a category that was missed is undecided.
[[nodiscard]] std::vector<Compared> compared(const Outcome& outcome);

/// For a terminal: counts by category, then each test that failed, was skipped or did not run, with its
/// reason; of two kernels what is worse, better or flaky.
[[nodiscard]] std::string suite_table(const Outcome& outcome, const std::vector<Compared>& tests);

/// The tests of the script by category, and what of them is not built.
[[nodiscard]] std::string suite_list(const Outcome& outcome);

/// All of it. Bytes that are no UTF-8 are replaced.
[[nodiscard]] std::string suite_json(const Outcome& outcome, const std::vector<Compared>& tests);

/// Of the trouble for which categories were missed, when there was any. Else, one kernel: refuted when a test
/// failed; two: when one is worse. Nothing ran: no test came to an end.
[[nodiscard]] ExitCode exit_code_of(const Outcome& outcome, const std::vector<Compared>& tests);

}  // namespace assay::suite
