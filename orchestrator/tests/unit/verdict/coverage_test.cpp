// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/coverage.hpp"

#include "verdict/records.hpp"

#include <gtest/gtest.h>

namespace assay::verdict {
namespace {

using probe::LineState;

/// One claim on "workload" that looks at variants "a" and "b", and trials with a watched patch.
class CoverageTest : public testing::Test {
 protected:
  CoverageTest() {
    experiment::Claim claim;
    claim.id = "c";
    claim.workload = "workload";
    claim.rule = experiment::ThresholdRule{{"touches", ""}, {{"a", {}}, {"b", {}}}};
    experiment_.claims = {claim};
    ClaimVerdict verdict;
    verdict.claim = "c";
    verdict.verdict = Verdict::holds;
    verdict.reason = "numbers";
    verdicts_ = {verdict};
  }

  void add(const std::string& variant, const std::vector<LineState>& states,
           const std::string& text = "\tx();", const std::string& file = "mm/a.c") {
    auto record = record_of(variant, static_cast<unsigned>(trials_.size()), {{"touches", 1}});
    record.kernel_id = "id-" + variant;
    probe::ProbeReport report;
    for (const auto state : states) {
      report.lines.push_back({{file, static_cast<unsigned>(report.lines.size() + 1), text}, state});
    }
    record.probes = {report};
    trials_.push_back(record);
  }

  const ClaimVerdict& judged() {
    add_coverage(experiment_, trials_, verdicts_);
    return verdicts_.front();
  }

  experiment::Experiment experiment_;
  std::vector<trial::TrialRecord> trials_;
  std::vector<ClaimVerdict> verdicts_;
};

TEST_F(CoverageTest, AddsUpTrialsAndKeepsTheVerdict) {
  add("a", {LineState::ran, LineState::not_run, LineState::no_instruction});
  add("a", {LineState::not_run, LineState::not_run, LineState::no_instruction});
  EXPECT_EQ(judged().coverage, "1 of 3 patched lines ran; 1 did not; 1 has no instruction of its own");
  EXPECT_EQ(judged().verdict, Verdict::holds);
}

TEST_F(CoverageTest, NamesTheVariantWhereThereAreSeveral) {
  add("a", {LineState::ran});
  add("b", {LineState::not_run});
  EXPECT_EQ(judged().coverage, "in a 1 of 1 patched line ran; in b 0 of 1 patched line ran; 1 did not");
  EXPECT_EQ(judged().verdict, Verdict::holds);
}

TEST_F(CoverageTest, IsNotRunWhenNothingOfThePatchRan) {
  add("a", {LineState::not_run, LineState::no_instruction});
  EXPECT_EQ(judged().verdict, Verdict::not_run);
  EXPECT_NE(judged().reason.find("by the numbers alone: holds, numbers"), std::string::npos);
}

TEST_F(CoverageTest, IsNotRunWhenTheBuildHasNothingOfIt) {
  add("a", {LineState::no_instruction});
  EXPECT_EQ(judged().verdict, Verdict::not_run);
}

TEST_F(CoverageTest, SaysNothingOfMacrosHeadersAndTakenLines) {
  add("a", {LineState::no_instruction}, "#define X 3");
  add("a", {LineState::no_instruction}, " int member;", "include/linux/a.h");
  EXPECT_EQ(judged().verdict, Verdict::holds);
  trials_.clear();
  add("a", {});
  EXPECT_EQ(judged().coverage, "");
  EXPECT_EQ(judged().verdict, Verdict::holds);
}

TEST_F(CoverageTest, CannotSeeLinesThatAreGone) {
  add("a", {LineState::removed, LineState::removed});
  EXPECT_EQ(judged().coverage, "0 of 2 patched lines ran; 2 removed");
  EXPECT_EQ(judged().verdict, Verdict::holds) << "what cannot be seen says nothing";
  add("b", {LineState::ran});
  EXPECT_EQ(judged().coverage, "in a 0 of 2 patched lines ran; 2 removed; in b 1 of 1 patched line ran");
}

TEST_F(CoverageTest, CannotSeeLinesThatWereMergedIntoOthers) {
  add("a", {LineState::no_instruction});
  trials_.front().probes.front().lines.front().among_code = true;
  EXPECT_EQ(judged().coverage, "0 of 1 patched line ran; 1 has no instruction of its own");
  EXPECT_EQ(judged().verdict, Verdict::holds) << "its function is there, and what it did may have mattered";
}

TEST_F(CoverageTest, IsNotRunWhenItsFileIsNotBuilt) {
  add("a", {LineState::not_built});
  EXPECT_EQ(judged().verdict, Verdict::not_run);
}

TEST_F(CoverageTest, CannotSeeLinesOfModules) {
  add("a", {LineState::unwatched});
  EXPECT_EQ(judged().coverage, "0 of 1 patched line ran; 1 is perhaps in a module, where none is watched");
  EXPECT_EQ(judged().verdict, Verdict::holds);
}

TEST_F(CoverageTest, LeavesControlsAndOtherWorkloadsAlone) {
  add("a", {LineState::not_run});
  experiment_.claims.front().control = true;
  EXPECT_EQ(judged().verdict, Verdict::holds);
  experiment_.claims.front().control = false;
  trials_.front().key.workload = "another";
  EXPECT_EQ(judged().verdict, Verdict::holds);
  EXPECT_EQ(judged().coverage, "");
}

}  // namespace
}  // namespace assay::verdict
