// SPDX-License-Identifier: GPL-2.0-or-later
#include "world.hpp"

#include <csignal>

namespace assay::machine {
namespace {

class KilledRun : public World {};

/// The victim: the next test runs it in another process.
TEST_F(KilledRun, DISABLED_Victim) {
  if (!is_child()) {
    GTEST_SKIP() << "this is the victim of KilledRun.LeavesNothingForLong, which kills its process";
  }
  play([this](Hypervisor& hypervisor) -> Task<> {
    const auto guest = co_await hypervisor.create(small_machine(), boot(hypervisor, "victim"));
    EXPECT_TRUE(guest) << guest.error().text();
    if (guest) {
      ::raise(SIGKILL);
    }
  });
}

TEST_F(KilledRun, LeavesNothingForLong) {
  ASSERT_EQ(child("KilledRun.DISABLED_Victim").signal, SIGKILL);
  const auto roots = folder_ / "s";
  ASSERT_EQ(qemus_of(roots).size(), 1U) << "the guest of the killed run lives on";
  const fs::path dead = *fs::directory_iterator(roots);
  EXPECT_TRUE(child("Guests.CommandLineIsQemus").ok()) << "a new run starts beside the dead one's folder";
  EXPECT_TRUE(qemus_of(roots).empty());
  EXPECT_FALSE(fs::exists(dead));
}

}  // namespace
}  // namespace assay::machine
