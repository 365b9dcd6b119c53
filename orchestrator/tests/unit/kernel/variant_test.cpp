// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/variant.hpp"

#include "golden.hpp"
#include "kernel/scratch.hpp"

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
    const auto variant = load_variant(scratch_.root(), "wrong");
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
  const auto variant = load_variant(scratch_.root(), "base");
  ASSERT_TRUE(variant) << variant.error().text();
  EXPECT_EQ(variant->name, "base");
  EXPECT_EQ(variant->base, "");
  EXPECT_EQ(variant->debian_source, "linux-source-6.12");
  EXPECT_TRUE(variant->patches.empty());
  ASSERT_EQ(variant->fragments.size(), 1U);
  EXPECT_EQ(variant->fragments[0], scratch_.root() / "kernels/configs/base.config");
}

TEST_F(VariantTest, AVariantAddsToItsBase) {
  scratch_.write("kernels/changed.toml",
                 "extends = \"base\"\nseries = \"patches/one\"\nfragments = [\"configs/more.config\"]\n");
  const auto variant = load_variant(scratch_.root(), "changed");
  ASSERT_TRUE(variant) << variant.error().text();
  EXPECT_EQ(variant->name, "changed");
  EXPECT_EQ(variant->base, "base");
  EXPECT_EQ(variant->debian_source, "linux-source-6.12");
  ASSERT_EQ(variant->patches.size(), 2U);
  EXPECT_EQ(variant->patches[1].filename(), "0002-b.patch");
  ASSERT_EQ(variant->fragments.size(), 2U);
  EXPECT_EQ(variant->fragments[1].filename(), "more.config");
}

TEST_F(VariantTest, APathToAFileIsAName) {
  const auto path = scratch_.root() / "kernels" / "base.toml";
  const auto variant = load_variant("/nowhere", path.string());
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
      "extends = \"base\"\narch = \"x86_64\"\n",
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
      "extends = \"base\"\nextends = \"base\"\n",
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
  const auto variant = load_variant(scratch_.root(), "bass");
  ASSERT_FALSE(variant);
  EXPECT_EQ(scratch_.without_root(variant.error().text()),
            "cannot load kernel variant \"bass\": kernels has no such file; did you mean \"base\"?");
}

}  // namespace
}  // namespace assay::kernel
