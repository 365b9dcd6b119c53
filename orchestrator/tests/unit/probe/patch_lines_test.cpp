// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe/patch_lines.hpp"

#include "base/files.hpp"
#include "running.hpp"

#include <gtest/gtest.h>

namespace assay::probe {
namespace {

TEST(NewLines, AreThoseThatWereNotThereBefore) {
  asio::io_context io;
  const fs::path folder = testing::TempDir() + "assay-lines-" + std::to_string(::getpid());
  ASSERT_TRUE(make_directories(folder));
  ASSERT_TRUE(write_file(folder / "before.c", "a\nb\nc\nd\n"));
  ASSERT_TRUE(write_file(folder / "now.c", "a\nB\nc\n\nx: y\nd\n"));
  const auto lines = run_on(io, new_lines(folder / "before.c", folder / "now.c", "mm/x.c"));
  ASSERT_TRUE(lines) << lines.error().text();
  ASSERT_EQ(lines->size(), 3U);
  EXPECT_EQ((*lines)[0].line, 2U);
  EXPECT_EQ((*lines)[0].text, "B");
  EXPECT_EQ((*lines)[2].line, 5U);
  EXPECT_EQ((*lines)[2].text, "x: y");
  EXPECT_EQ((*lines)[2].file, "mm/x.c");
  const auto all = run_on(io, new_lines(folder / "absent.c", folder / "now.c", "mm/x.c"));
  ASSERT_TRUE(all) << all.error().text();
  EXPECT_EQ(all->size(), 6U);
  EXPECT_FALSE(run_on(io, new_lines(folder / "before.c", folder / "absent.c", "mm/x.c")));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace assay::probe
