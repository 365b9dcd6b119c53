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

TEST(Coverage, CountsEachLine) {
  using enum LineState;
  const auto text = [](const std::vector<LineState>& states) { return coverage_of(covered(states)).text(); };
  EXPECT_EQ(text({ran}), "1 of 1 patched line ran");
  EXPECT_EQ(text({ran, no_instruction, no_instruction, removed}),
            "1 of 4 patched lines ran; 2 have no instruction of their own; 1 removed");
  EXPECT_EQ(text({not_run, no_instruction}),
            "0 of 2 patched lines ran; 1 did not; 1 has no instruction of its own");
  EXPECT_EQ(text({removed, removed}), "0 of 2 patched lines ran; 2 removed");
  EXPECT_EQ(text({ran, not_built}), "1 of 2 patched lines ran; 1 is in a file that is not built");
  EXPECT_EQ(text({ran, unwatched}),
            "1 of 2 patched lines ran; 1 is perhaps in a module, where none is watched");
  EXPECT_EQ(text({ran, not_built, not_built}), "1 of 3 patched lines ran; 2 are in files that are not built");
  EXPECT_EQ(text({}), "the series adds and removes no line");
}

TEST(Coverage, OfOlderRunsHasFewerStates) {
  const auto report = report_from_json(
      R"({"name": "patch", "kind": "cover", "what": "", "instructions": 0, "where": [],)"
      R"( "lines": [{"file": "a.c", "line": 1, "state": "not in this build", "text": "x"}]})");
  ASSERT_EQ(report.lines.size(), 1U);
  EXPECT_EQ(report.lines[0].state, LineState::no_instruction);
}

TEST(Coverage, IsAddedUpOverTrials) {
  std::vector<CoveredLine> all;
  merge_lines(all, covered({LineState::not_run, LineState::ran, LineState::no_instruction}));
  merge_lines(all, covered({LineState::ran, LineState::not_run, LineState::no_instruction}));
  EXPECT_EQ(all[0].state, LineState::ran);
  EXPECT_EQ(all[1].state, LineState::ran);
  EXPECT_EQ(all[2].state, LineState::no_instruction);
}

TEST(ProbeReportJson, ComesBackAsItWas) {
  ProbeReport report{
      "n",          "order", "order at f", {"f", "g+0x1"}, 2, true, {"f"}, covered({LineState::not_run}),
      {{7, "f", 1}}};
  using enum LineState;
  for (const auto state : {ran, no_instruction, not_built, unwatched, removed}) {
    report.lines.push_back({{"mm/a.c", 7, "\ty;", state == removed}, state, state == no_instruction});
  }
  const auto back = report_from_json(to_json(report));
  EXPECT_EQ(to_json(back), to_json(report));
  EXPECT_EQ(back.lines.front().state, LineState::not_run);
  EXPECT_TRUE(back.lines[2].among_code);
  EXPECT_TRUE(back.lines[5].line.removed);
  EXPECT_EQ(back.order.front().sequence, 7U);
  EXPECT_TRUE(report_from_json("{").name.empty());
}

}  // namespace
}  // namespace assay::probe
