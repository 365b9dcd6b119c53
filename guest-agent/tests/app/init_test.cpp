// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/init.hpp"

#include "base/alloc_guard.hpp"
#include "wire/port.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace assay::agent {
namespace {

TEST(BootOptions, FromTheCommandLine) {
  EXPECT_FALSE(parse_boot_options("").exit);
  EXPECT_FALSE(parse_boot_options("console=ttyS0 assay.exitus\n").exit);
  EXPECT_TRUE(parse_boot_options("console=ttyS0 assay.exit\n").exit);
  EXPECT_TRUE(parse_boot_options("assay.exit quiet").exit);
  EXPECT_EQ(parse_boot_options("a assay.raw_bytes=67108864 b").raw_bytes, 67108864U);
  EXPECT_EQ(parse_boot_options("assay.raw_bytes=many").raw_bytes, 0U);
}

TEST(FindPort, ByItsName) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "assay-ports";
  std::filesystem::remove_all(folder);
  EXPECT_EQ(find_port(folder), "");
  std::filesystem::create_directories(folder / "vport0p1");
  EXPECT_EQ(find_port(folder), "") << "a port that has no name yet";
  std::ofstream(folder / "vport0p1" / "name") << "org.qemu.guest_agent.0\n";
  std::filesystem::create_directories(folder / "vport0p2");
  std::ofstream(folder / "vport0p2" / "name") << "org.assay.agent.0\n";
  EXPECT_EQ(find_port(folder), "/dev/vport0p2");
  std::filesystem::remove_all(folder);
}

TEST(AllocGuardDeathTest, EndsTheProgramThatAllocates) {
  EXPECT_DEATH(
      {
        forbid_allocation();
        // NOLINTBEGIN(cppcoreguidelines-no-malloc): the shared libstdc++ of a test is not wrapped
        void* volatile block = std::malloc(16);
        std::free(block);
        // NOLINTEND(cppcoreguidelines-no-malloc)
      },
      "allocated memory after its start");
}

}  // namespace
}  // namespace assay::agent
