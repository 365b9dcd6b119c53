// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe/spec.hpp"

#include <gtest/gtest.h>

namespace assay::probe {
namespace {

TEST(ParseProbe, ReadsKindOptionsAndPlace) {
  const auto spec = parse_probe("stall=delay,20ms,every=2,probability=0.5,most=100,vcpu=1@do_mmap: call f");
  ASSERT_TRUE(spec) << spec.error().text();
  EXPECT_EQ(spec->name, "stall");
  EXPECT_EQ(spec->kind, Kind::delay);
  EXPECT_EQ(spec->delay, std::chrono::milliseconds(20));
  EXPECT_EQ(spec->every, 2U);
  EXPECT_EQ(spec->probability, 0.5);
  EXPECT_EQ(spec->most, 100U);
  EXPECT_EQ(spec->vcpu, 1U);
  EXPECT_EQ(spec->places, std::vector<std::string>{"do_mmap: call f"});
  EXPECT_EQ(text_of(*spec),
            "delay of 20 ms at do_mmap: call f, each 2. hit, with probability 0.5, on vCPU 1, at most 100");
}

TEST(ParseProbe, NamesAProbeAfterItsPlace) {
  EXPECT_EQ(parse_probe("count@mm/memory.c:12")->name, "memory.c-12");
  EXPECT_EQ(parse_probe("delay,5us,every=3@do_mmap")->name, "do_mmap");
  EXPECT_EQ(text_of(*parse_probe("delay,5us@do_mmap")), "delay of 5 us at do_mmap");
}

TEST(ParseProbe, RefusesWhatMakesNoSense) {
  for (const auto* wrong :
       {"", "do_mmap", "count@", "count,20ms@f", "delay@f", "delay,2s@f", "delay,1ms,every=0@f",
        "count@patch", "delay,1ms,probability=0@f", "delay,1ms,probability=2@f", "sometimes@f",
        "count,every=2@f", "a b=count@f", "delay,1ms,often=2@f", "count@two words"}) {
    EXPECT_FALSE(parse_probe(wrong)) << wrong;
  }
  EXPECT_NE(parse_probe("covr@f").error().text().find("did you mean \"cover\""), std::string::npos);
}

TEST(Figures, ArePerKind) {
  const auto names = [](std::string_view probe) {
    std::vector<std::string> all;
    for (const auto& figure : figures_of(*parse_probe(probe), 2)) {
      all.push_back(figure.name);
    }
    return all;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names("n=count@f"), (Names{"probe.n", "probe.n.cpu0", "probe.n.cpu1"}));
  EXPECT_EQ(names("n=delay,1ms@f"), (Names{"probe.n", "probe.n.hits", "probe.n.cpu0", "probe.n.cpu1"}));
  EXPECT_EQ(names("n=cover@f"), (Names{"probe.n", "probe.n.all"}));
}

TEST(IsDue, IsEachNthHitWithTheProbabilityAndRepeatsWithTheSeed) {
  constexpr auto always = ~std::uint64_t{0};
  EXPECT_FALSE(is_due(1, 3, always, 7));
  EXPECT_TRUE(is_due(3, 3, always, 7));
  EXPECT_TRUE(is_due(6, 3, always, 7));
  unsigned made = 0;
  bool seeds_differ = false;
  for (std::uint64_t hit = 1; hit <= 10'000; ++hit) {
    const bool due = is_due(hit, 1, always / 4, 7);
    made += due ? 1 : 0;
    EXPECT_EQ(due, is_due(hit, 1, always / 4, 7));
    seeds_differ = seeds_differ || due != is_due(hit, 1, always / 4, 8);
  }
  EXPECT_NEAR(made, 2500, 200);
  EXPECT_TRUE(seeds_differ);
}

}  // namespace
}  // namespace assay::probe
