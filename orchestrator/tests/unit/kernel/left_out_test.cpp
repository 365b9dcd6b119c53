// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/left_out.hpp"

#include <gtest/gtest.h>

namespace assay::kernel {
namespace {

TEST(LeftOutTest, CodeGoesAndKconfigStays) {
  EXPECT_TRUE(is_left_out("drivers/gpu/drm/drm_drv.c"));
  EXPECT_TRUE(is_left_out("drivers/clk/at91/pmc.c"));
  EXPECT_TRUE(is_left_out("arch/arm64/mm/mmu.c"));
  EXPECT_FALSE(is_left_out("drivers/gpu/drm/Kconfig"));
  EXPECT_FALSE(is_left_out("drivers/clk/clk.c"));
  EXPECT_FALSE(is_left_out("arch/sparc/mm/init_64.c"));
  EXPECT_FALSE(is_left_out("mm/memory.c"));
}

TEST(LeftOutTest, GitGetsTheSamePatterns) {
  const auto text = "\n" + left_out_for_git();
  for (const char* line :
       {"/arch/alpha/**/*.[chS]", "/drivers/clk/*/**/*.[chS]", "/tools/perf/**/*", "*.dtsi"}) {
    EXPECT_NE(text.find(std::string("\n") + line + "\n"), std::string::npos) << line << " in " << text;
  }
}

}  // namespace
}  // namespace assay::kernel
