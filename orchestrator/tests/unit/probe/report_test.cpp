// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe/report.hpp"

#include <gtest/gtest.h>

namespace assay::probe {
namespace {

std::vector<CoveredLine> covered(const std::vector<LineState>& states) {
  std::vector<CoveredLine> lines;
  for (const auto state : states) {
    lines.push_back({{"mm/a.c", static_cast<unsigned>(lines.size() + 1), "\tx;"}, state});
  }
  return lines;
}

TEST(Coverage, CountsTheLinesWithCode) {
  const auto lines = covered({LineState::ran, LineState::not_run, LineState::not_built, LineState::ran});
  EXPECT_EQ(coverage_of(lines).text(), "2 of 3 patched lines ran");
  EXPECT_EQ(coverage_of(covered({LineState::ran})).text(), "1 of 1 patched line ran");
  EXPECT_EQ(coverage_of(covered({LineState::not_built})).text(),
            "none of the 1 patched line is in this build");
  EXPECT_EQ(coverage_of({}).text(), no_line_to_watch);
}

TEST(Coverage, IsAddedUpOverTrials) {
  std::vector<CoveredLine> all;
  merge_lines(all, covered({LineState::not_run, LineState::ran, LineState::not_built}));
  merge_lines(all, covered({LineState::ran, LineState::not_run, LineState::not_built}));
  EXPECT_EQ(all[0].state, LineState::ran);
  EXPECT_EQ(all[1].state, LineState::ran);
  EXPECT_EQ(all[2].state, LineState::not_built);
}

TEST(ProbeReportJson, ComesBackAsItWas) {
  ProbeReport report{
      "n",          "order", "order at f", {"f", "g+0x1"}, 2, true, {"f"}, covered({LineState::not_run}),
      {{7, "f", 1}}};
  const auto back = report_from_json(to_json(report));
  EXPECT_EQ(to_json(back), to_json(report));
  EXPECT_EQ(back.lines.front().state, LineState::not_run);
  EXPECT_EQ(back.order.front().sequence, 7U);
  EXPECT_TRUE(report_from_json("{").name.empty());
}

}  // namespace
}  // namespace assay::probe
