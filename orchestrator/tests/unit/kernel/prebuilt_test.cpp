// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/prebuilt.hpp"

#include <gtest/gtest.h>

namespace assay::kernel {
namespace {

std::string bzimage(std::string_view version) {
  std::string image(0x1000, '\0');
  image.replace(0x202, 4, "HdrS");
  image[0x20e] = 0x40;
  image[0x20f] = 0x03;
  image.replace(0x200 + 0x340, version.size(), version);
  return image;
}

TEST(PrebuiltTest, TheHeaderOfABzImageSaysItsRelease) {
  EXPECT_EQ(release_in(bzimage("6.12.117 (assay@assay) #1 SMP")), "6.12.117");
  EXPECT_EQ(release_in(bzimage("")), "");
  auto hostile = bzimage("x");
  hostile[0x20f] = '\xff';
  EXPECT_EQ(release_in(hostile), "");
  EXPECT_EQ(release_in(bzimage("6.12\x01 x")), "");
}

TEST(PrebuiltTest, SoDoesTheBannerOfAVmlinux) {
  using namespace std::string_literals;
  EXPECT_EQ(release_in("\x7f"
                       "ELF...Linux version %s\0Linux version 6.1.0-18-amd64 (debian"s),
            "6.1.0-18-amd64");
  EXPECT_EQ(release_in("Linux version "), "");
  EXPECT_EQ(release_in(""), "");
}

}  // namespace
}  // namespace assay::kernel
