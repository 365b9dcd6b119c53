// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/random.hpp"

#include <gtest/gtest.h>

namespace assay::agent {
namespace {

TEST(Random, SplitMixIsThePublishedOne) {
  std::uint64_t state =
      1234567;  // the reference values of rosettacode.org, "Pseudo-random numbers/Splitmix64"
  EXPECT_EQ(split_mix(state), 6457827717110365317U);
  EXPECT_EQ(split_mix(state), 3203168211198807973U);
}

TEST(Random, SameSeedSameNumbers) {
  Random one(42, 3);
  Random two(42, 3);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(one.next(), two.next());
  }
}

TEST(Random, SeedsAndStreamsDiffer) {
  EXPECT_NE(Random(1).next(), Random(2).next());
  EXPECT_NE(Random(1, 0).next(), Random(1, 1).next());
}

TEST(Random, GoldenOnEveryMachine) {
  Random random(1);
  EXPECT_EQ(random.next(), 17154914556750032435U);
}

TEST(Random, Below) {
  Random random(7);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_LT(random.below(10), 10U);
  }
}

}  // namespace
}  // namespace assay::agent
