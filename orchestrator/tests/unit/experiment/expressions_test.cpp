// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/expressions.hpp"

#include <gtest/gtest.h>

namespace assay::experiment {
namespace {

TEST(ParseFigure, KnowsPercentiles) {
  EXPECT_EQ(parse_figure("p99.9(vmstat.pgfault) / touches")->numerator, "p99.9(vmstat.pgfault)");
  EXPECT_DOUBLE_EQ(percentile_in("p99.9(vmstat.pgfault)")->share, 0.999);
  EXPECT_EQ(percentile_in("p0(psi.x)")->metric, "psi.x");
  for (const auto* wrong :
       {"p(x)", "p-1(x)", "p101(x)", "q9(x)", "p9x", "p9(x", "p1e1(x)", "pnan(x)", "", "("}) {
    EXPECT_FALSE(percentile_in(wrong)) << wrong;
  }
  EXPECT_FALSE(parse_figure("p99()"));
  EXPECT_FALSE(parse_figure("p99(p98(x))"));
}

TEST(Figure, IsACounterOrOnePerAnother) {
  EXPECT_EQ(parse_figure("touches")->text(), "touches");
  EXPECT_EQ(parse_figure(" vmstat.vma_lock_retry/touches ")->text(), "vmstat.vma_lock_retry / touches");
  EXPECT_EQ(parse_figure("probe.memory.c-120.cpu0 / touches")->numerator, "probe.memory.c-120.cpu0");
  for (const auto* text : {"", " ", "a /", "/ a", "a / b / c", "a + b", "a b", "a-b"}) {
    EXPECT_FALSE(parse_figure(text)) << text;
  }
}

TEST(Bound, AdmitsItsLimitAndOneSide) {
  const auto least = parse_bound(">= 0.9");
  ASSERT_TRUE(least);
  EXPECT_TRUE(least->admits(0.9));
  EXPECT_FALSE(least->admits(0.89));
  EXPECT_EQ(least->text(), ">= 0.9");
  const auto most = parse_bound("<=-5e-2");
  ASSERT_TRUE(most);
  EXPECT_TRUE(most->admits(-0.05));
  EXPECT_FALSE(most->admits(0));
  EXPECT_EQ(most->text(), "<= -0.05");
  EXPECT_EQ(parse_bound("<= 100")->text(), "<= 100");
}

TEST(Bound, RefusesWhatIsNotOne) {
  for (const auto* text : {"", ">", ">=", "> 1", "< 1", "== 1", "0.9", ">= x", ">= 1 2", ">= nan", "<= inf",
                           "<= 1e999", ">= 0.9%", "=> 1"}) {
    EXPECT_FALSE(parse_bound(text)) << text;
  }
}

TEST(Condition, IsAFigureAndABound) {
  const auto condition = parse_condition("writer_ops / touches >= 100");
  ASSERT_TRUE(condition);
  EXPECT_EQ(condition->figure.text(), "writer_ops / touches");
  EXPECT_EQ(condition->bound.text(), ">= 100");
  for (const auto* text : {"", "writer_ops", ">= 100", "writer_ops > 100", "writer_ops >= ", "a b >= 1"}) {
    EXPECT_FALSE(parse_condition(text)) << text;
  }
}

TEST(Rate, NeedsHertzAndHasLimits) {
  EXPECT_EQ(parse_rate("10Hz")->count(), 100'000'000);
  EXPECT_EQ(parse_rate("100 Hz")->count(), 10'000'000);
  EXPECT_EQ(parse_rate("2.5Hz")->count(), 400'000'000);
  for (const auto* text : {"", "10", "Hz", "10hz", "0Hz", "0.5Hz", "101Hz", "-1Hz", "nanHz", "10kHz"}) {
    EXPECT_FALSE(parse_rate(text)) << text;
  }
}

TEST(Name, CanBeTheNameOfAFolder) {
  EXPECT_TRUE(is_name("shared-fault_2.0"));
  EXPECT_TRUE(is_name(std::string(64, 'a')));
  for (const auto& text :
       {std::string(), std::string("."), std::string(".."), std::string("-a"), std::string("a/b"),
        std::string("a b"), std::string("\xc3\xa4"), std::string(65, 'a')}) {
    EXPECT_FALSE(is_name(text)) << text;
  }
}

}  // namespace
}  // namespace assay::experiment
