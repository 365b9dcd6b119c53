// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/scratch_folder.hpp"

#include "base/files.hpp"
#include "scratch.hpp"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(ScratchFolder, IsEmptyAtFirstAndGoneAtTheEnd) {
  const Scratch scratch;
  const auto path = scratch.root() / "work" / "lines-4711";
  scratch.write("work/lines-4711/before/mm/rmap.c", "left by a process that was killed");
  scratch.write("work/other", "of somebody else");
  {
    const ScratchFolder folder(path);
    EXPECT_EQ(folder.path(), path);
    EXPECT_FALSE(fs::exists(path));
    scratch.write("work/lines-4711/now/mm/rmap.c", "ours");
    folder.clear();
    EXPECT_FALSE(fs::exists(path));
    scratch.write("work/lines-4711/now/mm/rmap.c", "ours again");
  }
  EXPECT_FALSE(fs::exists(path));
  EXPECT_TRUE(fs::exists(scratch.root() / "work/other"));
}

}  // namespace
}  // namespace assay
