// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/toolchain.hpp"

#include <gtest/gtest.h>

namespace assay::kernel {
namespace {

TEST(ToolchainTest, GccUnlessClangIsAskedFor) {
  EXPECT_EQ(compiler_for({}, {{"CONFIG_SMP", "y"}}), Compiler::gcc);
  for (const auto* option :
       {"CONFIG_CC_IS_CLANG", "CONFIG_CFI_CLANG", "CONFIG_LTO_CLANG_THIN", "CONFIG_KMSAN"}) {
    EXPECT_EQ(compiler_for({}, {{option, "y"}}), Compiler::clang) << option;
    EXPECT_EQ(compiler_for({{option, "y"}}, {}), Compiler::clang) << option;
    EXPECT_EQ(compiler_for({}, {{option, "n"}}), Compiler::gcc) << option;
  }
}

TEST(ToolchainTest, WhatIsLaidOverAConfigCounts) {
  const Options clang = {{"CONFIG_CC_IS_CLANG", "y"}};
  const Options gcc = {{"CONFIG_CC_IS_GCC", "y"}};
  EXPECT_EQ(compiler_for(clang, gcc), Compiler::gcc);
  EXPECT_EQ(compiler_for(gcc, clang), Compiler::clang);
}

TEST(ToolchainTest, ClangBringsItsOwnTools) {
  EXPECT_EQ(compiler_arguments(target_of(Arch::x86_64), Compiler::clang, "ccache "),
            (std::vector<std::string>{"LLVM=-19", "CC=ccache clang-19"}));
  EXPECT_EQ(compiler_arguments(target_of(Arch::sparc64), Compiler::gcc, ""),
            (std::vector<std::string>{"CROSS_COMPILE=sparc64-linux-gnu-", "CC=sparc64-linux-gnu-gcc"}));
}

}  // namespace
}  // namespace assay::kernel
