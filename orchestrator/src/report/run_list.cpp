// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/layout.hpp"
#include "report/report.hpp"

#include <fmt/format.h>

namespace assay::report {

std::string run_list(const std::vector<store::RunInfo>& runs, bool colour) {
  if (runs.empty()) {
    return "no runs yet\n";
  }
  std::vector<std::vector<std::string>> rows{{"run", "state", "trials", "experiment"}};
  for (const auto& run : runs) {
    rows.push_back({cut(run.id, 48), cut(run.state, 12), fmt::format("{}/{}", run.done, run.planned),
                    one_line(run.title)});
  }
  auto text = aligned("", "llrl", rows);
  const auto end = text.find('\n');
  return Paint(colour).dim(text.substr(0, end)) + text.substr(end);
}

}  // namespace assay::report
