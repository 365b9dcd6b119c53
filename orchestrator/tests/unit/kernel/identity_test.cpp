// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/identity.hpp"

#include <gtest/gtest.h>

#include <set>

namespace assay::kernel {
namespace {

Inputs sample() {
  Inputs inputs;
  inputs.source.path = "/usr/src/linux-source-6.12.tar.xz";
  inputs.source.sha256 = "aa";
  inputs.patches = {{"one.patch", "", "11", false}, {"two.patch", "mm: two", "22", false}};
  inputs.fragments = {{"base.config", "ff"}};
  inputs.options = {{"CONFIG_SMP", "y"}};
  inputs.compiler_version = "gcc 12";
  return inputs;
}

TEST(IdentityTest, EachInputCounts) {
  std::set<std::string> ids = {identity_of(sample())};
  const auto differs = [&](auto change) {
    auto inputs = sample();
    change(inputs);
    EXPECT_TRUE(ids.insert(identity_of(inputs)).second);
  };
  differs([](Inputs& inputs) { inputs.source.sha256 = "ab"; });
  differs([](Inputs& inputs) { inputs.patches[0].sha256 = "12"; });
  differs([](Inputs& inputs) { std::swap(inputs.patches[0], inputs.patches[1]); });
  differs([](Inputs& inputs) { inputs.patches[0].reverse = true; });
  differs([](Inputs& inputs) { inputs.patches.pop_back(); });
  differs([](Inputs& inputs) { inputs.options["CONFIG_SMP"] = "n"; });
  differs([](Inputs& inputs) { inputs.options["CONFIG_KSM"] = "y"; });
  differs([](Inputs& inputs) { inputs.compiler_version = "gcc 13"; });
  differs([](Inputs& inputs) { inputs.arch = Arch::sparc64; });
}

TEST(IdentityTest, NamesDoNotCount) {
  auto inputs = sample();
  inputs.source.path = "/elsewhere.tar.xz";
  inputs.patches[0].file = "renamed.patch";
  inputs.patches[0].subject = "another";
  inputs.fragments[0] = {"other.config", "a comment changed"};
  EXPECT_EQ(identity_of(inputs), identity_of(sample()));
  EXPECT_EQ(identity_of(inputs).size(), 64U);
}

/// The kernels that users have in their caches keep their names until the recipe counts up.
TEST(IdentityTest, TheRecipeOfAnIdentityStays) {
  EXPECT_EQ(identity_of(sample()), "6866b756386ad8f655ebce5352ee0bfe2ba1ce9377d6e59304321cd1152c3eac");
}

TEST(IdentityTest, ProvenanceNamesEverything) {
  Variant variant;
  variant.name = "changed";
  variant.base = "base";
  variant.source.where = "linux-source-6.12";
  const auto text = provenance_text(variant, sample(), "0123", "6.12.117");
  for (const char* part : {"\"changed\"", "\"base\"", "\"0123\"", "6.12.117", "two.patch", "\"22\"", "gcc 12",
                           "x86_64", "base.config", "linux-source-6.12.tar.xz"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  }
}

}  // namespace
}  // namespace assay::kernel
