// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/compare.hpp"

#include <gtest/gtest.h>

namespace assay::kernel {
namespace {

struct Compared {
  Variant variant;
  Inputs inputs;
};

Compared compared(const std::string& name) {
  Compared one;
  one.variant.name = name;
  one.variant.source.where = "linux-source-6.12";
  one.inputs.source.sha256 = std::string(64, 'a');
  one.inputs.compiler_version = "gcc 12";
  one.inputs.options = {{"CONFIG_SMP", "y"}};
  one.inputs.patches = {{"/p/one.patch", "mm: one", "11", false}, {"/p/two.patch", "", "22", false}};
  return one;
}

std::string difference(const Compared& a, const Compared& b) {
  return difference_text({a.variant, a.inputs, a.inputs.options}, {b.variant, b.inputs, b.inputs.options});
}

TEST(CompareTest, EqualVariantsDoNotDiffer) {
  EXPECT_EQ(difference(compared("a"), compared("b")), "  nothing differs\n");
}

TEST(CompareTest, EachInputIsNamed) {
  const auto a = compared("a");
  auto b = compared("b");
  b.variant.source.where = "linux-source-6.1";
  b.inputs.source.sha256 = std::string(64, 'b');
  b.inputs.arch = Arch::sparc64;
  b.inputs.compiler_version = "gcc 13";
  b.inputs.options = {{"CONFIG_SMP", "n"}, {"CONFIG_KSM", "m"}};
  b.inputs.patches[0].reverse = true;
  EXPECT_EQ(difference(a, b),
            "  source: linux-source-6.12 (aaaaaaaaaaaa) -> linux-source-6.1 (bbbbbbbbbbbb)\n"
            "  arch: x86_64 -> sparc64\n"
            "  patches only in a:\n    one.patch: mm: one\n"
            "  patches only in b:\n    taken back: one.patch: mm: one\n"
            "  config:\n    CONFIG_KSM: n -> m\n    CONFIG_SMP: y -> n\n"
            "  compiler: gcc 12 -> gcc 13\n");
}

TEST(CompareTest, TheOrderOfPatchesCounts) {
  auto b = compared("b");
  std::swap(b.inputs.patches[0], b.inputs.patches[1]);
  EXPECT_EQ(difference(compared("a"), b), "  patches: the same in another order\n");
}

}  // namespace
}  // namespace assay::kernel
