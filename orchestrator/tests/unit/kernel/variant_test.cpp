// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/variant_load.hpp"

#include "golden.hpp"
#include "scratch.hpp"

#include <array>

namespace assay::kernel {
namespace {

constexpr std::string_view base = R"(summary = "a base"
arch = "x86_64"
source = { debian = "linux-source-6.12" }
fragments = ["configs/base.config"]
)";

class VariantTest : public testing::Test {
 protected:
  VariantTest() {
    scratch_.write("kernels/configs/base.config", "CONFIG_SMP=y\n");
    scratch_.write("kernels/configs/more.config", "CONFIG_KSM=y\n");
    scratch_.write("kernels/patches/one/series", "# first\n0001-a.patch\n\n0002-b.patch # second\n");
    scratch_.write("kernels/patches/one/0001-a.patch", "");
    scratch_.write("kernels/patches/one/0002-b.patch", "");
    scratch_.write("kernels/base.toml", base);
  }

  std::string error_of(std::string_view text) {
    scratch_.write("kernels/wrong.toml", text);
    const auto variant = load_variant(scratch_.root(), "wrong", Arch::x86_64);
    EXPECT_FALSE(variant) << text;
    if (variant) {
      return "no error";
    }
    EXPECT_EQ(variant.error().kind(), Failure::usage);
    return scratch_.without_root(variant.error().text());
  }

  Scratch scratch_;
};

TEST_F(VariantTest, ReadsABase) {
  const auto variant = load_variant(scratch_.root(), "base", Arch::x86_64);
  ASSERT_TRUE(variant) << variant.error().text();
  EXPECT_EQ(variant->name, "base");
  EXPECT_EQ(variant->base, "");
  EXPECT_EQ(variant->source.where, "linux-source-6.12");
  EXPECT_TRUE(variant->patches.empty());
  ASSERT_EQ(variant->fragments.size(), 1U);
  EXPECT_EQ(variant->fragments[0], scratch_.root() / "kernels/configs/base.config");
}

TEST_F(VariantTest, AVariantAddsToItsBase) {
  scratch_.write("kernels/changed.toml",
                 "extends = \"base\"\nseries = \"patches/one\"\nfragments = [\"configs/more.config\"]\n");
  const auto variant = load_variant(scratch_.root(), "changed", Arch::x86_64);
  ASSERT_TRUE(variant) << variant.error().text();
  EXPECT_EQ(variant->name, "changed");
  EXPECT_EQ(variant->base, "base");
  EXPECT_EQ(variant->source.where, "linux-source-6.12");
  ASSERT_EQ(variant->patches.size(), 2U);
  EXPECT_EQ(variant->patches[1].name, "0002-b.patch");
  ASSERT_EQ(variant->fragments.size(), 2U);
  EXPECT_EQ(variant->fragments[1].filename(), "more.config");
}

TEST_F(VariantTest, AnArchitectureHasFlavoursOfItsOwn) {
  scratch_.write("kernels/configs/kvm.config", "CONFIG_KVM=y\n");
  scratch_.write("kernels/configs/kasan.config", "CONFIG_KASAN=y\n");
  scratch_.write("kernels/both.toml",
                 "[source]\ndebian = \"linux-source-6.12\"\n[arch.x86_64]\n[arch.sparc64]\n");
  scratch_.write("kernels/changed.toml",
                 "extends = \"both\"\n[arch.x86_64]\nflavours = [\"kvm\"]\n[arch.sparc64]\n");
  const auto variant = load_variant(scratch_.root(), "changed+kasan", Arch::x86_64);
  ASSERT_TRUE(variant) << variant.error().text();
  EXPECT_EQ(root_of(*variant).name, "both+kvm+kasan");
  const auto other = load_variant(scratch_.root(), "changed", Arch::sparc64);
  ASSERT_TRUE(other) << other.error().text();
  EXPECT_TRUE(other->flavours.empty());
}

TEST_F(VariantTest, FlavoursAreFragmentsByName) {
  scratch_.write("kernels/configs/kasan.config", "CONFIG_KASAN=y\n");
  scratch_.write("kernels/configs/lockdep.config", "CONFIG_PROVE_LOCKING=y\n");
  scratch_.write("kernels/changed.toml",
                 "extends = \"base\"\nseries = \"patches/one\"\nflavours = [\"kasan\"]\n");
  const auto variant = load_variant(scratch_.root(), "changed+lockdep+kasan", Arch::x86_64);
  ASSERT_TRUE(variant) << variant.error().text();
  EXPECT_EQ(variant->name, "changed+lockdep+kasan");
  ASSERT_EQ(variant->flavours.size(), 2U);
  EXPECT_EQ(variant->flavours[0].filename(), "kasan.config");
  EXPECT_EQ(all_fragments(*variant).size(), 3U);
  const auto root = root_of(*variant);
  EXPECT_EQ(root.name, "base+kasan+lockdep");
  EXPECT_TRUE(root.patches.empty());
  EXPECT_EQ(all_fragments(root).size(), 3U);
  const auto wrong = load_variant(scratch_.root(), "base+kasam", Arch::x86_64);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(
      scratch_.without_root(wrong.error().text()),
      "cannot load kernel variant base+kasam: there is no flavour \"kasam\": kernels/configs has no such "
      "fragment; did you mean \"kasan\"?");
}

TEST_F(VariantTest, AFileElsewhereExtendsOurs) {
  const auto file = scratch_.write("home/mine.toml", "extends = \"base\"\nseries = \"a.patch\"\n");
  scratch_.write("home/a.patch", "");
  const auto variant = load_variant(scratch_.root(), file.string(), Arch::x86_64);
  ASSERT_TRUE(variant) << variant.error().text();
  EXPECT_EQ(variant->root, "base");
  EXPECT_EQ(variant->root_patches, 0U);
  EXPECT_EQ(variant->patches.size(), 1U);
}

TEST_F(VariantTest, ObjectsOfItsOwn) {
  scratch_.write("kernels/wide.toml", "extends = \"base\"\nown_objects = true\nseries = \"patches/one\"\n");
  scratch_.write("kernels/narrow.toml", "extends = \"wide\"\nseries = \"a.patch\"\n");
  scratch_.write("kernels/a.patch", "");
  const auto wide = load_variant(scratch_.root(), "wide", Arch::x86_64);
  ASSERT_TRUE(wide) << wide.error().text();
  EXPECT_TRUE(wide->is_root);
  EXPECT_EQ(wide->root, "wide");
  EXPECT_EQ(wide->base, "base");
  EXPECT_EQ(wide->first_own_patch, 0U);  // all of them change base
  const auto narrow = load_variant(scratch_.root(), "narrow", Arch::x86_64);
  ASSERT_TRUE(narrow) << narrow.error().text();
  EXPECT_FALSE(narrow->is_root);
  EXPECT_EQ(narrow->root, "wide");
  EXPECT_EQ(narrow->first_own_patch, wide->patches.size());
  EXPECT_EQ(root_of(*narrow).patches.size(), wide->patches.size());
  EXPECT_TRUE(root_of(*narrow).is_root);
}

TEST_F(VariantTest, AVariantForOneArchitectureOfItsBase) {
  scratch_.write("kernels/wide.toml",
                 "arch.x86_64 = {}\narch.sparc64 = {}\n[source]\ndebian = \"linux-source-6.12\"\n");
  scratch_.write("kernels/one.toml", "extends = \"wide\"\narch = \"sparc64\"\n");
  scratch_.write("kernels/child.toml", "extends = \"one\"\n");
  EXPECT_TRUE(load_variant(scratch_.root(), "child", Arch::sparc64));
  const auto other = load_variant(scratch_.root(), "child", Arch::x86_64);
  ASSERT_FALSE(other);
  EXPECT_EQ(scratch_.without_root(other.error().text()), "kernels/one.toml: this kernel is for sparc64 only");
}

TEST_F(VariantTest, SeveralSeriesAreTakenBackFromTheEnd) {
  scratch_.write("kernels/patches/c.patch", "");
  scratch_.write("kernels/changed.toml",
                 "extends = \"base\"\nseries = [\"patches/one\", \"patches/c.patch\"]\nreverse = true\n");
  const auto variant = load_variant(scratch_.root(), "changed", Arch::x86_64);
  ASSERT_TRUE(variant) << variant.error().text();
  ASSERT_EQ(variant->patches.size(), 3U);
  EXPECT_EQ(variant->patches[0].name, "c.patch");
  EXPECT_EQ(variant->patches[2].name, "0001-a.patch");
  EXPECT_TRUE(variant->patches[2].reverse);
}

TEST_F(VariantTest, SourcesOfAllKinds) {
  const auto source_of = [&](std::string_view toml) {
    scratch_.write("kernels/own.toml", toml);
    const auto variant = load_variant(scratch_.root(), "own", Arch::x86_64);
    EXPECT_TRUE(variant) << variant.error().text();
    return variant ? scratch_.without_root(variant->source.text()) : "";
  };
  ::setenv("HOME", "/home/me", 1);
  EXPECT_EQ(source_of("[source]\ndirectory = \"~/linux\"\n"), "directory /home/me/linux");
  EXPECT_EQ(source_of("[source]\ngit = \"../linux\"\nrevision = \"v6.12\"\n"), "git kernels/../linux v6.12");
  EXPECT_EQ(source_of("[source]\ngit = \"https://example.org/linux\"\nrevision = \"v6.12\"\n"),
            "git https://example.org/linux v6.12");
  EXPECT_EQ(source_of("[source]\ntarball = \"/tmp/linux.tar.xz\"\n"), "tarball /tmp/linux.tar.xz");
  EXPECT_EQ(source_of("[source]\nprebuilt = \"bzImage\"\n"), "prebuilt kernels/bzImage");
}

TEST_F(VariantTest, AConfigIsAFileOrAFolderThatHasOne) {
  scratch_.write("build/.config", "CONFIG_X86_64=y\n");
  const auto text = fmt::format("config = \"{}\"\nsource = {{ debian = \"linux-source-6.12\" }}\n",
                                (scratch_.root() / "build").string());
  scratch_.write("kernels/mine.toml", text);
  const auto variant = load_variant(scratch_.root(), "mine", Arch::x86_64);
  ASSERT_TRUE(variant) << variant.error().text();
  EXPECT_EQ(variant->config, scratch_.root() / "build/.config");
}

TEST_F(VariantTest, AKernelAsItIsNeedsNoFile) {
  std::string image(4096, ' ');
  image.replace(0x202, 4, "HdrS");
  const auto path = scratch_.write("out/bzImage+mine", image).string();
  const auto variant = load_variant(scratch_.root(), path, Arch::x86_64);
  ASSERT_TRUE(variant) << variant.error().text();
  EXPECT_EQ(variant->source.kind, SourceKind::prebuilt);
  EXPECT_EQ(variant->source.where, path);
  EXPECT_EQ(load_variant(scratch_.root(), path, Arch::sparc64).error().text(),
            path + " is a kernel for x86_64, not for sparc64");
  EXPECT_EQ(load_variant(scratch_.root(), "debian:6.12.100+deb12", Arch::x86_64)->source.where,
            "debian:6.12.100+deb12");
  const auto text = scratch_.write("out/notes", "none").string();
  EXPECT_EQ(load_variant(scratch_.root(), text, Arch::x86_64).error().text(),
            text + " is no kernel that QEMU boots, and no .toml");
}

TEST_F(VariantTest, APathToAFileIsAName) {
  const auto path = scratch_.root() / "kernels" / "base.toml";
  const auto variant = load_variant("/nowhere", path.string(), Arch::x86_64);
  ASSERT_TRUE(variant) << variant.error().text();
  EXPECT_EQ(variant->name, "base");
}

TEST_F(VariantTest, NamesAreSorted) {
  scratch_.write("kernels/aaa.toml", base);
  EXPECT_EQ(variant_names(scratch_.root()), (std::vector<std::string>{"aaa", "base"}));
  EXPECT_TRUE(variant_names("/nowhere").empty());
}

TEST_F(VariantTest, MistakesNamePlaceAndRemedy) {
  const std::array wrong = {
      "extend = \"base\"\n",
      "colour = \"red\"\n",
      "extends = 7\n",
      "extends = \"\"\n",
      "extends = \"bsae\"\n",
      "own_objects = true\nsource = { debian = \"linux-source-6.12\" }\n",
      "extends = \"wrong\"\n",
      "summary = \"no source\"\narch = \"x86_64\"\n",
      "arch = \"x86-64\"\nsource = { debian = \"linux-source-6.12\" }\n",
      "arch = \"x86_64\"\nsource = \"linux-source-6.12\"\n",
      "arch = \"x86_64\"\nsource = { debain = \"linux-source-6.12\" }\n",
      "arch = \"x86_64\"\nsource = { debian = \"../../etc/passwd\" }\n",
      "extends = \"base\"\nfragments = [\"configs/base.confg\"]\n",
      "extends = \"base\"\nfragments = [1]\n",
      "extends = \"base\"\nfragments = true\n",
      "extends = \"base\"\nseries = \"patches/two\"\n",
      "extends = \"base\"\nseries = \"configs\"\n",
      "extends = \"base\"\nflavours = [\"kasam\"]\n",
      "extends = \"base\"\nflavours = \"../base\"\n",
      "extends = \"base\"\nreverse = true\n",
      "extends = \"base\"\nseries = \"patches/one\"\nreverse = 1\nseries_version = 0\n",
      "extends = \"base\"\nseries = [\"patches/one\", \"\"]\n",
      "extends = \"base+kasan\"\n",
      "[source]\n",
      "[source]\ndebian = \"linux\"\ntarball = \"x.tar.xz\"\n",
      "[source]\ngit = \"../linux\"\n",
      "[source]\ngit = \"../linux\"\nrevision = \"--upload-pack=x\"\n",
      "[source]\ndirectory = \"../linux\"\nrevision = \"v6\"\n",
      "series = \"patches/one\"\n[source]\nprebuilt = \"bzImage\"\n",
      "extends = \"base\"\nextends = \"base\"\n",
      "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a = 1\n",
      "x = 1\xef\xbb\xb8\n",
      "extends = \n",
  };
  std::string all;
  for (const auto* text : wrong) {
    all += fmt::format("{}-> {}\n\n", text, error_of(text));
  }
  expect_golden("kernel/variant_mistakes.golden", all);
}

TEST_F(VariantTest, AMissingPatchIsNamed) {
  scratch_.write("kernels/patches/one/series", "0001-a.patch\n0002-c.patch\n");
  EXPECT_EQ(error_of("extends = \"base\"\nseries = \"patches/one\"\n"),
            "kernels/wrong.toml:2:10: kernels/patches/one/series:2:1: there is no patch 0002-c.patch; "
            "did you mean \"0002-b.patch\"?");
}

TEST_F(VariantTest, AnUnknownNameIsAnsweredWithTheNearest) {
  const auto variant = load_variant(scratch_.root(), "bass", Arch::x86_64);
  ASSERT_FALSE(variant);
  EXPECT_EQ(scratch_.without_root(variant.error().text()),
            "cannot load kernel variant \"bass\": kernels has no such file; did you mean \"base\"?");
}

}  // namespace
}  // namespace assay::kernel
