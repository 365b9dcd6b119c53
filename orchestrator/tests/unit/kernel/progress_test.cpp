// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/progress.hpp"

#include "kernel/kbuild.hpp"

#include <gtest/gtest.h>

namespace assay::kernel {
namespace {

TEST(ProgressTest, NeverGoesBack) {
  std::vector<BuildProgress> seen;
  ProgressMeter meter("changed", [&](const BuildProgress& progress) { seen.push_back(progress); });
  meter.begin_inner("base", 0.9);
  meter.enter(0, 0.5, false);
  meter.step("unpacking", 1);
  meter.step("unpacking again", 0.1);
  meter.enter(0.5, 1, true);
  meter.step("compiling a.o", 2);
  meter.end_inner();
  meter.enter(0, 1, true);
  meter.step("compiling b.o", 0);
  meter.step("compiling b.o", 0.5);
  meter.step("done", 1);
  ASSERT_EQ(seen.size(), 6U);
  EXPECT_EQ(seen[0].variant, "changed");
  EXPECT_EQ(seen[0].step, "base: unpacking");
  EXPECT_DOUBLE_EQ(seen[0].fraction, 0.45);
  EXPECT_DOUBLE_EQ(seen[1].fraction, 0.45);
  EXPECT_DOUBLE_EQ(seen[2].fraction, 0.9);
  EXPECT_EQ(seen[3].step, "compiling b.o");
  EXPECT_DOUBLE_EQ(seen[3].fraction, 0.9);
  EXPECT_DOUBLE_EQ(seen[4].fraction, 0.95);
  EXPECT_DOUBLE_EQ(seen[5].fraction, 1);
  EXPECT_FALSE(seen[4].remaining) << "no estimate in the first moments";
}

TEST(ProgressTest, TheFirstErrorsOfALogAreQuoted) {
  const std::vector<std::string> log = {
      "  CC      mm/memory.o",
      "mm/memory.c: In function 'do_shared_fault':",
      "mm/memory.c:5381:9: error: 'vmaa' undeclared (first use in this function)",
      " 5381 |         vma_end_read(vmaa);",
      "  CC      mm/slub.o",
      "make[3]: *** [scripts/Makefile.build:229: mm/memory.o] Error 1",
  };
  EXPECT_EQ(first_errors(log),
            "\n  mm/memory.c:5381:9: error: 'vmaa' undeclared (first use in this function)"
            "\n   5381 |         vma_end_read(vmaa);"
            "\n  make[3]: *** [scripts/Makefile.build:229: mm/memory.o] Error 1");
}

TEST(ProgressTest, ALogWithoutErrorsGivesItsEnd) {
  EXPECT_EQ(first_errors({"something", "odd"}), "\n  something\n  odd");
  EXPECT_EQ(first_errors({}), "");
}

}  // namespace
}  // namespace assay::kernel
