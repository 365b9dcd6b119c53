// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/drivers.hpp"

#include "kernel/debian_image.hpp"
#include "scratch.hpp"

#include <gtest/gtest.h>

namespace assay::image {
namespace {

/// What of a module counts here.
std::string module_that_needs(std::string_view names) {
  return fmt::format("\x7f{}ELF{}license=GPL{}depends={}{}name=x{}", "", '\0', '\0', names, '\0', '\0');
}

std::vector<std::string> paths_of(const std::vector<GuestFile>& drivers) {
  std::vector<std::string> names;
  for (const auto& driver : drivers) {
    names.push_back(driver.path);
  }
  return names;
}

TEST(Drivers, ComeAfterWhatTheyDependOn) {
  const Scratch scratch;
  scratch.write("m/kernel/virtio/virtio.ko", module_that_needs(""));
  scratch.write("m/kernel/virtio/virtio-ring.ko", module_that_needs("virtio"));
  scratch.write("m/kernel/virtio/virtio_pci.ko", module_that_needs("virtio_ring,virtio"));
  scratch.write("m/kernel/char/virtio_console.ko", module_that_needs("virtio_ring,not_here"));
  scratch.write("m/kernel/net/virtio_net.ko", module_that_needs("virtio"));
  const auto drivers = guest_drivers(scratch.root() / "m");
  ASSERT_TRUE(drivers) << drivers.error().text();
  EXPECT_EQ(paths_of(*drivers),
            (std::vector<std::string>{"modules/00-virtio.ko", "modules/01-virtio_ring.ko",
                                      "modules/02-virtio_pci.ko", "modules/03-virtio_console.ko"}));
}

TEST(Drivers, ThatNeedEachOtherEnd) {
  const Scratch scratch;
  scratch.write("m/virtio_pci.ko", module_that_needs("virtio_console"));
  scratch.write("m/virtio_console.ko", module_that_needs("virtio_pci"));
  const auto drivers = guest_drivers(scratch.root() / "m");
  ASSERT_TRUE(drivers);
  EXPECT_EQ(drivers->size(), 2U);
}

TEST(Drivers, ThatAreBuiltInAreNotMissed) {
  const Scratch scratch;
  const auto drivers = guest_drivers(scratch.root());
  ASSERT_TRUE(drivers);
  EXPECT_TRUE(drivers->empty());
}

TEST(Drivers, ThatCannotBeUnpackedAreAnError) {
  const Scratch scratch;
  scratch.write("m/virtio_pci.ko.xz", std::string_view("\xfd"
                                                       "7zXZ\0\0\4 damaged",
                                                       16));
  const auto drivers = guest_drivers(scratch.root() / "m");
  ASSERT_FALSE(drivers);
  EXPECT_EQ(drivers.error().kind(), Failure::infrastructure);
  EXPECT_NE(drivers.error().text().find("virtio_pci.ko.xz"), std::string::npos);
}

TEST(DebianImage, TheNewestOfItsVersionAndFlavour) {
  const std::vector<std::string> packages = {"linux-image-6.12-amd64",
                                             "linux-image-6.12.95+deb12-amd64",
                                             "linux-image-6.12.117+deb12-amd64",
                                             "linux-image-6.12.117+deb12-amd64-dbg",
                                             "linux-image-6.12.117+deb12-amd64-unsigned",
                                             "linux-image-6.12.117+deb12-cloud-amd64",
                                             "linux-image-6.12.118+deb12-rt-amd64",
                                             "linux-image-6.1.0-9-amd64",
                                             "linux-image-6.1.0-50-amd64"};
  EXPECT_EQ(kernel::debian_image_package(packages, "debian:6.12"), "linux-image-6.12.117+deb12-amd64");
  EXPECT_EQ(kernel::debian_image_package(packages, "debian:6.1"), "linux-image-6.1.0-50-amd64");
  EXPECT_EQ(kernel::debian_image_package(packages, "debian:6.12-cloud"),
            "linux-image-6.12.117+deb12-cloud-amd64");
  EXPECT_EQ(kernel::debian_image_package(packages, "debian:6.12.95+deb12"),
            "linux-image-6.12.95+deb12-amd64");
  EXPECT_EQ(kernel::debian_image_package(packages, "debian:6.1.0-9-amd64"), "linux-image-6.1.0-9-amd64");
  EXPECT_EQ(kernel::debian_image_package(packages, "debian:6.2"), "");
  EXPECT_EQ(kernel::debian_image_package({}, "debian:6.12"), "");
}

}  // namespace
}  // namespace assay::image
