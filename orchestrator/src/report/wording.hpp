// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "verdict/verdict.hpp"

#include <string>
#include <vector>

/// What several reports say of a claim.
namespace assay::report {

/// The figures of a claim's sides, the same columns in each report: a head, then a row for each side, with
/// "-" where there is none.
[[nodiscard]] std::vector<std::vector<std::string>> side_rows(const verdict::ClaimVerdict& claim);
/// "a, b, c, d, e and 7 more": at most five of them.
[[nodiscard]] std::string few(const std::vector<std::string>& items);

/// What a side came to: "0.25 (0.2 to 0.31), n = 5"; without an estimate the median with the extremes.
[[nodiscard]] std::string side_text(const verdict::Side& side);
/// "-0.65 (-0.8 to -0.5), -72.2 % of before"; of a claim with a test.
[[nodiscard]] std::string effect_text(const verdict::ClaimVerdict& claim);
/// "0.0022 (Mann-Whitney U, exact); 0.011 with 2 claims (Holm) and look 2 of 5"; of a claim with a test.
[[nodiscard]] std::string test_text(const verdict::Test& test);
/// "before #1-#10; after #1-#9": the trials that were judged.
[[nodiscard]] std::string sources_text(const verdict::ClaimVerdict& claim);
/// "before: 1 lost or failed (no answer)": each side of which some trials were left out.
[[nodiscard]] std::vector<std::string> left_out_texts(const verdict::ClaimVerdict& claim);

}  // namespace assay::report
