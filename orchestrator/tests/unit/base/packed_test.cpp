// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/packed.hpp"

#include <gtest/gtest.h>

#include <random>

namespace assay {
namespace {

TEST(Gunzipped, IsWhatWasPacked) {
  std::string noise(300'000, '\0');
  std::mt19937 random(1);
  for (auto& byte : noise) {
    byte = static_cast<char>(random());
  }
  for (const auto& text : {std::string("x"), std::string(1'000'000, '\0'), noise}) {
    EXPECT_TRUE(gunzipped(gzipped(text), text.size()) == text);
    EXPECT_FALSE(gunzipped(gzipped(text), text.size() - 1));
    EXPECT_FALSE(gunzipped(gzipped(text), text.size() + 1));
  }
}

TEST(Gunzipped, IsNothingOfWhatIsNotPacked) {
  const auto packed = gzipped("some text");
  EXPECT_FALSE(gunzipped("", 0));
  EXPECT_FALSE(gunzipped("some text", 9));
  EXPECT_FALSE(gunzipped(packed.substr(0, packed.size() / 2), 9));
  EXPECT_EQ(gunzipped(gzipped(packed), packed.size()), packed) << "once, not as often as it can be";
}

}  // namespace
}  // namespace assay
