// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/outcome.hpp"

#include <gtest/gtest.h>

#include <set>

namespace assay::trial {
namespace {

TEST(Seed, IsTheSameForAllVariants) {
  EXPECT_EQ(seed_of(1, {"a", "small", "one", 4}), seed_of(1, {"b", "small", "one", 4}));
}

TEST(Seed, DiffersForAllElse) {
  const std::set<std::uint64_t> seeds{
      seed_of(1, {"a", "small", "one", 4}), seed_of(2, {"a", "small", "one", 4}),
      seed_of(1, {"a", "large", "one", 4}), seed_of(1, {"a", "small", "two", 4}),
      seed_of(1, {"a", "small", "one", 5})};
  EXPECT_EQ(seeds.size(), 5U);
}

TEST(Seed, NeverChanges) {
  // A bundle or a stored run names a seed: the rule behind it must stay.
  EXPECT_EQ(seed_of(1, {"after", "small", "shared-write", 0}), 0xbc8f2b3128d83449U);
}

TEST(Outcome, HasANameAndACounter) {
  TrialRecord record;
  record.counters = {{"touches", 12}, {"vmstat.pgfault", 0}};
  ASSERT_NE(record.counter("touches"), nullptr);
  EXPECT_EQ(*record.counter("touches"), 12);
  EXPECT_EQ(record.counter("touch"), nullptr);
  EXPECT_EQ(name_of(Outcome::finding), "finding");
  EXPECT_EQ(name_of(Outcome::lost), "lost");
}

}  // namespace
}  // namespace assay::trial
