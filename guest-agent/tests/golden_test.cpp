// SPDX-License-Identifier: GPL-2.0-or-later
// What a message looks like on the wire must not change by accident: a host may be older or newer than the
// agent in an initramfs. ASSAY_REGENERATE_GOLDEN=1 writes the golden files anew.
#include "data.hpp"
#include "golden_frames.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace assay::agent {
namespace {

TEST(Golden, FramesAreAsTheyWere) {
  for (const auto& [name, frame] : golden_frames()) {
    const std::string file = "golden/" + name + ".frame";
    if (std::getenv("ASSAY_REGENERATE_GOLDEN") != nullptr) {
      std::ofstream(test_path(file), std::ios::binary) << frame;
    }
    EXPECT_EQ(test_file(file), frame) << "the bytes of " << name << " on the wire changed";
  }
}

}  // namespace
}  // namespace assay::agent
