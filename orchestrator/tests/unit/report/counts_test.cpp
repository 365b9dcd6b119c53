// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/counts.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace assay::report {
namespace {

TEST(Summaries, CountWhatThereIs) {
  EXPECT_EQ(verdict_counts({}), "0 claims");
  std::vector<verdict::ClaimVerdict> verdicts(4);
  verdicts[0].verdict = verdicts[1].verdict = verdicts[2].verdict = verdict::Verdict::holds;
  verdicts[3].verdict = verdict::Verdict::inconclusive;
  EXPECT_EQ(verdict_counts(verdicts), "4 claims: 3 hold, 1 inconclusive");
  verdicts.resize(1);
  EXPECT_EQ(verdict_counts(verdicts), "1 claim: 1 holds");
  OutcomeCounts counts;
  EXPECT_EQ(text_of(counts), "none");
  counts.add(trial::Outcome::lost);
  counts.add(trial::Outcome::pass);
  EXPECT_EQ(text_of(counts), "1 passed, 1 lost");
}

}  // namespace
}  // namespace assay::report
