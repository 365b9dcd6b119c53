// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/failures.hpp"

#include "base/text.hpp"
#include "report/names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::report {

std::string why_text(const trial::TrialRecord& record) {
  auto text = one_line(record.reason);
  for (const auto& check : record.checks) {
    if (!check.ok) {
      text += fmt::format("{}check {}: {}", text.empty() ? "" : "; ", one_line(check.name),
                          one_line(check.detail));
    }
  }
  return text;
}

std::vector<KnownFinding> known_findings(const std::vector<trial::TrialRecord>& trials) {
  std::vector<KnownFinding> known;
  for (const auto& record : trials) {
    for (const auto& finding : record.findings) {
      auto same = std::find_if(known.begin(), known.end(), [&](const auto& one) {
        return one.report->fingerprint == finding.fingerprint;
      });
      if (same == known.end()) {
        same = known.insert(known.end(), {&finding, {}, &record});
      }
      same->trials.push_back(trial_name(record.key));
    }
  }
  return known;
}

std::vector<std::string> quoted_lines(std::string_view text, std::size_t most, std::size_t width) {
  std::vector<std::string> lines;
  for (const auto line : split(trimmed(text), '\n')) {
    if (lines.size() == most) {
      lines.emplace_back("[...]");
      break;
    }
    auto safe = printable(line.substr(0, 4 * width));
    std::replace(safe.begin(), safe.end(), '\t', ' ');
    safe.erase(safe.find_last_not_of(' ') + 1);
    lines.push_back(safe.substr(0, width));
  }
  return lines;
}

}  // namespace assay::report
