// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/kernel_files.hpp"

#include "scratch.hpp"

#include <gtest/gtest.h>

namespace assay::kernel {
namespace {

class KernelFilesTest : public ::testing::Test {
 protected:
  /// What is found, with the paths from the scratch folder.
  [[nodiscard]] std::string found(const Result<SourceSpec>& spec) const {
    if (!spec) {
      return spec.error().text();
    }
    const auto relative = [&](const fs::path& path) {
      return path.empty() ? std::string("-") : path.lexically_relative(root_).string();
    };
    return fmt::format("{} {} {} {}", relative(spec->where), relative(spec->vmlinux), relative(spec->config),
                       relative(spec->modules));
  }
  [[nodiscard]] std::string in_folder(const fs::path& folder) const {
    return found(kernel_in_folder(root_ / folder));
  }

  Scratch scratch_;
  fs::path root_ = fs::canonical(scratch_.root());
};

TEST_F(KernelFilesTest, InTheFolderOfABuild) {
  scratch_.write("b/.config", "CONFIG_X86_64=y\n");
  EXPECT_NE(in_folder("b").find("arch/x86/boot/bzImage is not there: make bzImage builds it"),
            std::string::npos);
  scratch_.write("b/arch/x86/boot/bzImage", "");
  EXPECT_EQ(in_folder("b/"), "b/arch/x86/boot/bzImage - b/.config -");
  scratch_.write("b/vmlinux", "");
  scratch_.write("b/modules.order", "mm/a.o\n");
  scratch_.write("b/mm/a.ko", "");
  EXPECT_EQ(in_folder("b"), "b/arch/x86/boot/bzImage b/vmlinux b/.config b");
  EXPECT_EQ(found(kernel_of_image(root_ / "b/arch/x86/boot/bzImage")), in_folder("b"));
}

TEST_F(KernelFilesTest, InTheFolderOfABuildForSparc64) {
  scratch_.write("b/.config", "\nCONFIG_SPARC64=y\n");
  EXPECT_NE(in_folder("b").find("arch/sparc/boot/image is not there: make image"), std::string::npos);
  scratch_.write("b/vmlinux", "");
  EXPECT_EQ(in_folder("b"), "b/vmlinux b/vmlinux b/.config -");
}

TEST_F(KernelFilesTest, InBootAndInAnUnpackedPackage) {
  scratch_.write("r/boot/vmlinuz-6.1", "");
  scratch_.write("r/boot/config-6.1", "");
  EXPECT_EQ(in_folder("r/boot"), "r/boot/vmlinuz-6.1 - r/boot/config-6.1 -");
  scratch_.write("r/usr/lib/modules/6.1/modules.dep", "");
  EXPECT_EQ(in_folder("r/boot"), "r/boot/vmlinuz-6.1 - r/boot/config-6.1 r/usr/lib/modules/6.1");
  EXPECT_EQ(in_folder("r"), in_folder("r/boot"));
  EXPECT_EQ(in_folder("r/usr/lib/modules/6.1"), in_folder("r/boot"));
  EXPECT_EQ(found(kernel_of_image(root_ / "r/boot/vmlinuz-6.1")), in_folder("r/boot"));
  scratch_.write("r/boot/vmlinuz-6.12", "");
  EXPECT_NE(in_folder("r").find("has 2 kernels (6.1 and 6.12): name one"), std::string::npos);
}

TEST_F(KernelFilesTest, BesideItsModules) {
  scratch_.write("lib/modules/6.12/kernel/a.ko", "");
  EXPECT_NE(in_folder("lib/modules/6.12").find("its kernel is neither "), std::string::npos);
  scratch_.write("lib/modules/6.12/vmlinuz", "");
  EXPECT_EQ(in_folder("lib/modules/6.12"), "lib/modules/6.12/vmlinuz - - lib/modules/6.12");
}

TEST_F(KernelFilesTest, NowhereElse) {
  scratch_.write("empty/file", "");
  EXPECT_NE(in_folder("empty").find("no .config as in the folder of a build"), std::string::npos);
  EXPECT_EQ(found(kernel_of_image(root_ / "empty/file")), "empty/file - - -");
}

TEST_F(KernelFilesTest, AGuestNeedsItsChannel) {
  SourceSpec spec;
  spec.where = "bzImage";
  EXPECT_TRUE(can_be_guest(spec)) << "without a configuration nobody knows";
  const std::string both = "CONFIG_BLK_DEV_INITRD=y\nCONFIG_VIRTIO_PCI=m\n";
  spec.config = scratch_.write("config", both);
  spec.modules = root_ / "modules";
  EXPECT_NE(can_be_guest(spec).error().text().find("CONFIG_VIRTIO_PCI=m in "), std::string::npos);
  scratch_.write("modules/kernel/virtio_pci.ko.xz", "");
  EXPECT_NE(can_be_guest(spec).error().text().find("CONFIG_VIRTIO_CONSOLE is off"), std::string::npos);
  spec.config = scratch_.write("config", both + "CONFIG_VIRTIO_CONSOLE=y\n");
  EXPECT_TRUE(can_be_guest(spec));
}

}  // namespace
}  // namespace assay::kernel
