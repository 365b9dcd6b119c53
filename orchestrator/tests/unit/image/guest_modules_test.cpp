// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/guest_modules.hpp"

#include "base/files.hpp"
#include "kernel/modules.hpp"
#include "scratch.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace assay::image {
namespace {

std::string module_of(std::string_view release, std::string_view depends, std::string_view alias = "none") {
  return fmt::format("\x7f{}ELF{}vermagic={} SMP{}depends={}{}alias={}{}", "", '\0', release, '\0', depends,
                     '\0', alias, '\0');
}

/// The content of a file in the guest, or "absent".
std::string content_of(const GuestModules& modules, std::string_view path) {
  const auto found = std::ranges::find(modules.files, path, &GuestFile::path);
  return found == modules.files.end() ? "absent" : found->content;
}

class ModulesTest : public ::testing::Test {
 protected:
  ModulesTest() {
    scratch_.write("m/kernel/mm/zsmalloc.ko", module_of("6.12.0", ""));
    scratch_.write("m/kernel/lib/lzo-core.ko", module_of("6.12.0", ""));
    scratch_.write("m/kernel/lib/lzo.ko", module_of("6.12.0", "lzo-core,built_in"));
    scratch_.write("m/kernel/block/zram.ko", module_of("6.12.0", "zsmalloc,lzo", "block-major-99-*"));
    scratch_.write("m/modules.builtin", "kernel/fs/ext4.ko\n");
  }

  [[nodiscard]] ModuleWish wish(std::vector<std::string> names = {}) const {
    return {scratch_.root() / "m", "6.12.0", std::move(names)};
  }

  Scratch scratch_;
};

TEST_F(ModulesTest, AllComeWithTheListsThatModprobeReads) {
  const auto modules = guest_modules(wish());
  ASSERT_TRUE(modules) << modules.error().text();
  EXPECT_EQ(modules->note, "");
  EXPECT_EQ(content_of(*modules, "lib/modules/6.12.0/modules.dep"),
            "kernel/lib/lzo.ko: kernel/lib/lzo-core.ko\n"
            "kernel/lib/lzo-core.ko:\n"
            "kernel/block/zram.ko: kernel/lib/lzo.ko kernel/lib/lzo-core.ko kernel/mm/zsmalloc.ko\n"
            "kernel/mm/zsmalloc.ko:\n");
  EXPECT_NE(content_of(*modules, "lib/modules/6.12.0/modules.alias").find("alias block-major-99-* zram\n"),
            std::string::npos);
  EXPECT_EQ(content_of(*modules, "lib/modules/6.12.0/modules.builtin"), "kernel/fs/ext4.ko\n");
  EXPECT_EQ(content_of(*modules, "lib/modules/6.12.0/kernel/mm/zsmalloc.ko"), module_of("6.12.0", ""));
}

TEST_F(ModulesTest, OfTooManyThoseNamedComeWithWhatTheyNeed) {
  scratch_.write("m/kernel/gpu/big.ko", "");
  fs::resize_file(scratch_.root() / "m/kernel/gpu/big.ko", most_modules.value());
  const auto none = guest_modules(wish());
  ASSERT_TRUE(none) << none.error().text();
  EXPECT_EQ(
      none->note,
      "of 5 modules with 64.0 MiB none come into the guest; --module NAME brings one with all that it needs");
  const auto lzo = guest_modules(wish({"lzo"}));
  ASSERT_TRUE(lzo) << lzo.error().text();
  EXPECT_EQ(content_of(*lzo, "lib/modules/6.12.0/modules.dep"),
            "kernel/lib/lzo.ko: kernel/lib/lzo-core.ko\nkernel/lib/lzo-core.ko:\n");
  EXPECT_NE(lzo->note.find("only those named come;"), std::string::npos) << lzo->note;
}

TEST_F(ModulesTest, AWishThatIsNotThereIsAMistake) {
  const auto modules = guest_modules(wish({"zrm"}));
  ASSERT_FALSE(modules);
  EXPECT_EQ(modules.error().kind(), Failure::usage);
  EXPECT_EQ(modules.error().text(),
            "there is no module zrm among the 4 of this kernel; did you mean \"zram\"?");
}

TEST_F(ModulesTest, ThoseOfAnotherKernelAreRefused) {
  scratch_.write("m/kernel/old.ko", module_of("6.12.0-old", ""));
  const auto modules = guest_modules(wish());
  ASSERT_FALSE(modules);
  EXPECT_NE(modules.error().text().find("old.ko was built for 6.12.0-old, and the kernel is 6.12.0"),
            std::string::npos)
      << modules.error().text();
}

TEST_F(ModulesTest, InTheFolderOfABuildAreWhereItsOrderSays) {
  scratch_.write("b/.config", "CONFIG_MODULES=y\n");
  scratch_.write("b/modules.order", "mm/zsmalloc.o\nkernel/lib/lzo.ko\nkernel/time/test.o\n");
  scratch_.write("b/mm/zsmalloc.ko", "");
  scratch_.write("b/lib/lzo.ko", "");
  scratch_.write("b/kernel/time/test.ko", "");
  std::vector<std::string> places;
  for (const auto& module : kernel::modules_in(scratch_.root() / "b")) {
    EXPECT_TRUE(fs::exists(module.path)) << module.path;
    places.push_back(module.place);
  }
  EXPECT_EQ(places, (std::vector<std::string>{"kernel/mm/zsmalloc.ko", "kernel/lib/lzo.ko",
                                              "kernel/kernel/time/test.ko"}));
}

TEST_F(ModulesTest, TheStampChangesWithThem) {
  const auto before = stamp_of(wish());
  EXPECT_EQ(stamp_of(wish()), before);
  EXPECT_NE(stamp_of(wish({"zram"})), before);
  scratch_.write("m/modules.builtin", "kernel/fs/ext4.ko\nkernel/fs/fuse.ko\n");
  const auto listed = stamp_of(wish());
  EXPECT_NE(listed, before);
  scratch_.write("m/kernel/new.ko", module_of("6.12.0", ""));
  EXPECT_NE(stamp_of(wish()), listed);
  EXPECT_EQ(stamp_of({}), "");
}

}  // namespace
}  // namespace assay::image
