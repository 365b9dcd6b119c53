// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "trial/outcome.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// What went wrong in trials.
namespace assay::report {

/// Why a trial did not pass: its reason and the checks that failed; "" for one that passed.
[[nodiscard]] std::string why_text(const trial::TrialRecord& record);

/// Equal misbehaviour, by its fingerprint.
struct KnownFinding {
  const finding::Report* report = nullptr;    ///< the first one; belongs to the view
  std::vector<std::string> trials;            ///< names of those that it happened in
  const trial::TrialRecord* first = nullptr;  ///< of them; belongs to the view
};
/// In the order in which they first happened.
[[nodiscard]] std::vector<KnownFinding> known_findings(const std::vector<trial::TrialRecord>& trials);

/// Every line printable, of at most `width` columns, without tabs and blanks at its end; the first `most`
/// lines, then "[...]".
[[nodiscard]] std::vector<std::string> quoted_lines(std::string_view text, std::size_t most,
                                                    std::size_t width);

}  // namespace assay::report
