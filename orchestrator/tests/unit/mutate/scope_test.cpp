// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/scope.hpp"

#include "mutate/mutant_kernel.hpp"
#include "scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace assay::mutate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A tree in which kbuild recorded this command for mm/rmap.c, and a folder of copies.
class ClangFlags : public testing::Test {
 protected:
  Result<std::vector<std::string>> flags(const std::string& command, Arch arch = Arch::x86_64) const {
    scratch_.write("tree/mm/.rmap.o.cmd",
                   "savedcmd_mm/rmap.o := " + command + "\n\nsource_mm/rmap.o := -DNOT_OF_THE_COMMAND\n");
    fs::create_directories(folder() / "now");
    return clang_flags(tree(), "mm/rmap.c", arch, folder());
  }
  /// Those between the target and the overlay.
  std::vector<std::string> kept(const std::string& command) const {
    auto all = flags(command);
    EXPECT_TRUE(all) << all.error().text();
    EXPECT_GE(all->size(), 3U);
    return {all->begin() + 1, all->end() - 2};
  }
  [[nodiscard]] fs::path tree() const { return scratch_.root() / "tree"; }
  [[nodiscard]] fs::path folder() const { return scratch_.root() / "folder"; }

  Scratch scratch_;
};

TEST_F(ClangFlags, AreWhatDecidesHowTheFileIsParsed) {
  EXPECT_THAT(kept("gcc -Wp,-MMD,mm/.rmap.o.d -nostdinc -I./arch/x86/include -include "
                   "./include/linux/kconfig.h -D__KERNEL__ -UDEBUG -std=gnu11 -fshort-wchar -funsigned-char "
                   "-fms-extensions -O2 -mno-sse -m64 -mcmodel=kernel -Wall -isystem /usr/lib/gcc/include "
                   "-c -o mm/rmap.o mm/rmap.c"),
              ElementsAre("-nostdinc", "-I./arch/x86/include", "-include", "./include/linux/kconfig.h",
                          "-D__KERNEL__", "-UDEBUG", "-std=gnu11", "-fshort-wchar", "-funsigned-char",
                          "-fms-extensions", "-m64", "-isystem", "/usr/lib/gcc/include"));
}

TEST_F(ClangFlags, HaveTheQuotesOfTheShellTakenOff) {
  EXPECT_THAT(kept("gcc  -DKBUILD_MODFILE='\"mm/rmap\"'\t-DEMPTY='' \"-DA=b c\" -DMIXED=x'y z'\"w\"  "),
              ElementsAre("-DKBUILD_MODFILE=\"mm/rmap\"", "-DEMPTY=", "-DA=b c", "-DMIXED=xy zw"));
}

TEST_F(ClangFlags, MayEndInTheMiddle) {
  EXPECT_THAT(kept("gcc -DA -include"), ElementsAre("-DA"));
  EXPECT_THAT(kept("gcc -DA '-DB of a quote that stays open"),
              ElementsAre("-DA", "-DB of a quote that stays open"));
}

TEST_F(ClangFlags, NameTheTarget) {
  EXPECT_EQ(flags("gcc")->front(), "--target=x86_64-linux-gnu");
  EXPECT_EQ(flags("gcc", Arch::sparc64)->front(), "--target=sparc64-linux-gnu");
}

TEST_F(ClangFlags, LetClangSeeTheCopies) {
  const auto copy = scratch_.write("folder/now/include/linux/odd \"name\".h", "int odd;\n");
  const auto all = flags("gcc");
  ASSERT_TRUE(all) << all.error().text();
  ASSERT_EQ((*all)[all->size() - 2], "-ivfsoverlay");
  const auto overlay = nlohmann::json::parse(*read_file(all->back()));
  ASSERT_EQ(overlay["roots"].size(), 1U);
  EXPECT_EQ(overlay["roots"][0]["name"], (tree() / "include/linux").string());
  EXPECT_EQ(overlay["roots"][0]["contents"][0]["name"], "odd \"name\".h");
  EXPECT_EQ(overlay["roots"][0]["contents"][0]["external-contents"], copy.string());
}

TEST_F(ClangFlags, OfAFileThatIsNotCompiledAreAMistake) {
  const auto none = clang_flags(tree(), "mm/zswap.c", Arch::x86_64, folder());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind(), Failure::usage);
  EXPECT_THAT(none.error().text(), HasSubstr("cannot mutate mm/zswap.c: this kernel does not compile it"));
}

kernel::Variant variant_with(const std::vector<std::string>& patches) {
  kernel::Variant variant;
  variant.name = "linux";
  for (const auto& patch : patches) {
    variant.patches.push_back({patch + ".patch", "diff", patch, false, {}});
  }
  variant.fragments = {"one.config"};
  return variant;
}

Mutant mutant() {
  Mutant one;
  one.id = "00112233aabb";
  one.op = Operator::negate;
  return one;
}

TEST(MutantOf, ARootStartsFromIt) {
  auto root = variant_with({"a", "b"});
  root.root = root.name;
  root.is_root = true;
  root.root_patches = 2;
  root.root_fragments = 1;
  const auto made = mutant_of(root, mutant(), "the diff");
  EXPECT_FALSE(made.is_root);
  EXPECT_EQ(made.base, "linux");
  EXPECT_EQ(made.root, "linux");
  EXPECT_EQ(made.root_patches, 2U);
  EXPECT_EQ(made.root_fragments, 1U);
  ASSERT_EQ(made.patches.size(), 3U);
  EXPECT_EQ(made.patches.back().name, "00112233aabb.patch");
  EXPECT_EQ(made.patches.back().text, "the diff");
  EXPECT_EQ(made.first_own_patch, 3U) << "no probe covers it";
  const auto base = kernel::root_of(made);
  EXPECT_EQ(base.patches.size(), 2U);
  EXPECT_EQ(base.name, "linux");
}

TEST(MutantOf, AVariantThatExtendsStartsFromItsRoot) {
  auto variant = variant_with({"a", "b", "c"});
  variant.base = "parent";
  variant.root = "grandparent";
  variant.root_patches = 1;
  variant.root_fragments = 0;
  variant.first_own_patch = 2;
  const auto made = mutant_of(variant, mutant(), "the diff");
  EXPECT_EQ(made.base, "parent");
  EXPECT_EQ(made.root, "grandparent");
  EXPECT_EQ(made.root_patches, 1U);
  EXPECT_EQ(made.root_fragments, 0U);
  EXPECT_EQ(made.patches.size(), 4U);
  EXPECT_EQ(made.fragments, variant.fragments);
}

}  // namespace
}  // namespace assay::mutate
