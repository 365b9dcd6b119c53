// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "report/report.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace assay::report {

/// How many trials ended how.
struct OutcomeCounts {
  unsigned pass = 0;
  unsigned fail = 0;
  unsigned finding = 0;
  unsigned skip = 0;
  unsigned lost = 0;
  void add(trial::Outcome outcome);
};
[[nodiscard]] OutcomeCounts count_outcomes(const std::vector<trial::TrialRecord>& trials);
/// "118 passed, 1 with findings, 1 lost": only what there is; "none" for nothing.
[[nodiscard]] std::string text_of(const OutcomeCounts& counts);

/// "4 claims: 3 hold, 1 inconclusive".
[[nodiscard]] std::string verdict_counts(const std::vector<verdict::ClaimVerdict>& verdicts);

/// A stored JSON text as an object; an empty object when it is none.
[[nodiscard]] nlohmann::ordered_json object_from(std::string_view text);
/// A member as text on one line: strings as they are, the rest as JSON, "" when absent.
[[nodiscard]] std::string member(const nlohmann::ordered_json& object, const char* key);

/// The first 12 digits of a kernel's id: enough to tell two apart.
[[nodiscard]] std::string short_id(std::string_view id);

}  // namespace assay::report
