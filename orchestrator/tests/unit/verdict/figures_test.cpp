// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/figures.hpp"

#include <gtest/gtest.h>

namespace assay::verdict {
namespace {

TEST(Summary, HasTheMiddleOfOddAndEvenCounts) {
  EXPECT_FALSE(summary_of({}));
  EXPECT_EQ(summary_of({3, 1, 2})->median, 2);
  EXPECT_EQ(summary_of({4, 1, 2, 3})->median, 2.5);
  EXPECT_EQ(summary_of({3, 1, 2})->min, 1);
  EXPECT_EQ(summary_of({3, 1, 2})->max, 3);
}

TEST(NumberText, IsShortAndExactWhereItCanBe) {
  EXPECT_EQ(number_text(0), "0");
  EXPECT_EQ(number_text(-0.0), "0");
  EXPECT_EQ(number_text(12345678), "12345678");
  EXPECT_EQ(number_text(0.99871234), "0.9987");
  EXPECT_EQ(number_text(12345.678), "12346");
  EXPECT_EQ(number_text(0.000031), "3.1e-05");
  EXPECT_EQ(number_text(-2.5), "-2.5");
}

TEST(RangeText, IsOneNumberWhenBothEndsReadTheSame) {
  EXPECT_EQ(range_text({}), "");
  EXPECT_EQ(range_text({1, 0.5}), "0.5..1");
  EXPECT_EQ(range_text({0.99991, 0.99992}), "0.9999");
}

}  // namespace
}  // namespace assay::verdict
