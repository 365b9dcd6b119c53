// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/modprobe.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace assay::agent {
namespace {

using Paths = std::vector<std::string>;

class Modprobe : public ::testing::Test {
 protected:
  Modprobe() {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "modules.dep")
        << "kernel/mm/zsmalloc.ko:\n"
           "kernel/drivers/block/zram.ko: kernel/mm/zsmalloc.ko kernel/lib/lzo.ko\n"
           "kernel/lib/lzo.ko:\n"
           "kernel/drivers/block/virtio-blk.ko: kernel/lib/lzo.ko\n";
    std::ofstream(folder_ / "modules.alias") << "alias fs-x* zram\nalias virtio:d00000002v* virtio_blk\n"
                                                "alias virtio:d*v* zram\n";
    std::ofstream(folder_ / "modules.builtin") << "kernel/fs/ext-four.ko\n";
  }
  ~Modprobe() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_ = std::filesystem::path(::testing::TempDir()) / "assay-modules";
};

TEST_F(Modprobe, LoadsFirstWhatAModuleDependsOn) {
  EXPECT_EQ(modules_to_load(folder_, "zram"),
            (Paths{"kernel/lib/lzo.ko", "kernel/mm/zsmalloc.ko", "kernel/drivers/block/zram.ko"}));
  EXPECT_EQ(modules_to_load(folder_, "zsmalloc"), (Paths{"kernel/mm/zsmalloc.ko"}));
}

TEST_F(Modprobe, TakesAHyphenForAnUnderscore) {
  const Paths both{"kernel/lib/lzo.ko", "kernel/drivers/block/virtio-blk.ko"};
  EXPECT_EQ(modules_to_load(folder_, "virtio_blk"), both);
  EXPECT_EQ(modules_to_load(folder_, "virtio-blk"), both);
}

TEST_F(Modprobe, KnowsAliasesAndLoadsNothingTwice) {
  EXPECT_EQ(modules_to_load(folder_, "fs-xfs").back(), "kernel/drivers/block/zram.ko");
  EXPECT_EQ(modules_to_load(folder_, "virtio:d00000002v00001AF4"),
            (Paths{"kernel/lib/lzo.ko", "kernel/drivers/block/virtio-blk.ko", "kernel/mm/zsmalloc.ko",
                   "kernel/drivers/block/zram.ko"}));
}

TEST_F(Modprobe, KnowsWhatIsBuiltInAndWhatIsNot) {
  EXPECT_TRUE(is_built_in(folder_, "ext_four"));
  EXPECT_FALSE(is_built_in(folder_, "zram"));
  EXPECT_TRUE(modules_to_load(folder_, "nothing").empty());
  EXPECT_TRUE(modules_to_load(folder_ / "none", "zram").empty());
}

}  // namespace
}  // namespace assay::agent
