// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "program/guest_run.hpp"
#include "program/ktap.hpp"

#include <cstdint>
#include <string>

namespace assay::program {

/// As a shell tells it: the program's own code, 128 + n when signal n ended it, 124 time-out, 127 not
/// executed; 255 when the guest died, 70 when all went well but a result was not copied out.
[[nodiscard]] std::uint8_t exit_code_of(const GuestRun& end);

/// With test results: 1 when a test failed or the program did not end well (4 says that it skipped all), else
/// 0. Without any, and for time-outs, failed starts and dead guests, as above.
[[nodiscard]] std::uint8_t exit_code_of(const GuestRun& end, const TestReport& report);

/// That a program ended with an error though none of its tests failed; "" else.
[[nodiscard]] std::string disagreement(const GuestRun& end, const TestReport& report);

/// What there is to say of an end beyond the exit code: "the program was ended: ..."; "" when nothing.
[[nodiscard]] std::string end_text(const link::Ended& end);

/// Error: usage, when arguments and environment are longer than one order can be.
[[nodiscard]] Status fits_into_an_order(const link::RunProgram& program);

}  // namespace assay::program
