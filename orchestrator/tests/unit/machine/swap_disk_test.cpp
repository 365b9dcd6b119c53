// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/swap_disk.hpp"

#include "scratch.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <cstdint>

namespace assay::machine {
namespace {

TEST(SwapDiskTest, IsSparseAndGoesWithTheObject) {
  const Scratch scratch;
  const auto path = scratch.root() / "swap";
  {
    SwapDisk disk(path);
    ASSERT_TRUE(disk.make(mib(64)));
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(static_cast<std::uint64_t>(status.st_size), mib(64).value());
    EXPECT_LT(static_cast<std::uint64_t>(status.st_blocks) * 512, mib(64).value());
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(SwapDiskTest, WithoutASizeThereIsNoFile) {
  const Scratch scratch;
  SwapDisk disk(scratch.root() / "swap");
  ASSERT_TRUE(disk.make(Bytes(0)));
  EXPECT_FALSE(fs::exists(scratch.root() / "swap"));
}

TEST(SwapDiskTest, LeavesAFileAloneThatItDidNotMake) {
  const Scratch scratch;
  const auto path = scratch.root() / "swap";
  fs::create_directory(path);
  {
    SwapDisk disk(path);
    const auto made = disk.make(mib(1));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().text(), "cannot make swap disk " + path.string() + ": Is a directory");
  }
  EXPECT_TRUE(fs::exists(path));
}

}  // namespace
}  // namespace assay::machine
