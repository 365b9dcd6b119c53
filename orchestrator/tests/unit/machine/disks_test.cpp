// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/disks.hpp"

#include "scratch.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <cstdint>

namespace assay::machine {
namespace {

TEST(DisksOf, ThatToSwapToIsTheFirst) {
  MachineSpec machine;
  BootSpec boot;
  boot.disks = "/guest";
  EXPECT_TRUE(disks_of(machine, boot).empty());
  machine.disks = {mib(2), mib(3)};
  EXPECT_EQ(disks_of(machine, boot).at(0).file, "/guest/disk0");
  machine.swap = mib(1);
  const auto disks = disks_of(machine, boot);
  ASSERT_EQ(disks.size(), 3U);
  EXPECT_EQ(disks.at(0).file, "/guest/swap");
  EXPECT_EQ(disks.at(2).file, "/guest/disk1");
  EXPECT_EQ(disks.at(2).size, mib(3));
}

TEST(DiskFilesTest, AreSparseAndGoWithTheObject) {
  const Scratch scratch;
  const std::vector<Disk> disks{{scratch.root() / "swap", mib(64)}, {scratch.root() / "disk0", mib(1)}};
  {
    DiskFiles files;
    ASSERT_TRUE(files.make(disks));
    for (const auto& [path, size] : disks) {
      struct stat status{};
      ASSERT_EQ(::stat(path.c_str(), &status), 0);
      EXPECT_EQ(static_cast<std::uint64_t>(status.st_size), size.value());
      EXPECT_LT(static_cast<std::uint64_t>(status.st_blocks) * 512, size.value());
    }
  }
  EXPECT_TRUE(fs::is_empty(scratch.root()));
}

TEST(DiskFilesTest, LeaveAFileAloneThatTheyDidNotMake) {
  const Scratch scratch;
  const auto path = scratch.root() / "disk1";
  fs::create_directory(path);
  {
    DiskFiles files;
    const auto made = files.make({{scratch.root() / "disk0", mib(1)}, {path, mib(1)}});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().text(), "cannot make disk " + path.string() + ": Is a directory");
  }
  EXPECT_TRUE(fs::exists(path));
  EXPECT_FALSE(fs::exists(scratch.root() / "disk0"));
}

}  // namespace
}  // namespace assay::machine
