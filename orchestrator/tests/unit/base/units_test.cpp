// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/units.hpp"

#include <gtest/gtest.h>

namespace assay {
namespace {

using namespace std::chrono_literals;

TEST(ParseBytes, TakesPowersOfTwo) {
  EXPECT_EQ(parse_bytes("512M").value(), mib(512));
  EXPECT_EQ(parse_bytes("4G").value(), gib(4));
  EXPECT_EQ(parse_bytes("4096").value(), kib(4));
}

TEST(ParseBytes, RefusesWhatIsNotASize) {
  for (const auto* text : {"", "M", "12Q", "-1", "1.5G", "512 M", "99999999999999999999", "99999999999G"}) {
    EXPECT_TRUE(parse_bytes(text).has_error()) << text;
  }
  EXPECT_EQ(parse_bytes("12Q").error().kind(), Failure::usage);
}

TEST(ParseDuration, NeedsAUnit) {
  EXPECT_EQ(parse_duration("250ms").value(), 250ms);
  EXPECT_EQ(parse_duration("2h").value(), 2h);
  EXPECT_TRUE(parse_duration("20").has_error());
  EXPECT_TRUE(parse_duration("20 s").has_error());
}

TEST(Human, ReadsWell) {
  EXPECT_EQ(human(kib(4)), "4 KiB");
  EXPECT_EQ(human(Bytes(3'500'000)), "3.3 MiB");
  EXPECT_EQ(human(Nanoseconds(850ms)), "850 ms");
  EXPECT_EQ(human(Nanoseconds(185s)), "3 min 05 s");
}

}  // namespace
}  // namespace assay
