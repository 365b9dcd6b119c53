// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/counts.hpp"
#include "report/layout.hpp"
#include "report/text/text.hpp"

#include <fmt/format.h>

namespace assay::report {
namespace {

/// "5 hold, 1 refuted", and before it what kept a run from its end.
std::string came_to(const store::RunInfo& run) {
  const auto verdicts = text_of(run.verdicts);
  if (run.state == "finished") {
    return verdicts.empty() ? "none" : verdicts;
  }
  return one_line(run.state) + (verdicts.empty() ? "" : "; " + verdicts);
}

}  // namespace

std::string run_list(const std::vector<store::RunInfo>& runs, bool colour) {
  if (runs.empty()) {
    return "no runs yet\n";
  }
  std::vector<std::vector<std::string>> rows{{"run", "trials", "claims"}};
  for (const auto& run : runs) {
    rows.push_back({cut(run.id, 48), fmt::format("{}/{}", run.done, run.planned), came_to(run)});
  }
  auto text = aligned("", "lrl", rows);
  const auto end = text.find('\n');
  return Paint(colour).dim(text.substr(0, end)) + text.substr(end);
}

}  // namespace assay::report
