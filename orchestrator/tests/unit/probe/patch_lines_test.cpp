// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe/patch_lines.hpp"

#include "base/files.hpp"
#include "running.hpp"

#include <gtest/gtest.h>

#include <array>

namespace assay::probe {
namespace {

TEST(ChangedLines, AreThoseOfOneSideOnly) {
  asio::io_context io;
  const fs::path folder = testing::TempDir() + "assay-lines-" + std::to_string(::getpid());
  ASSERT_TRUE(make_directories(folder));
  ASSERT_TRUE(write_file(folder / "before.c", "a\nb\nc\nd"));
  ASSERT_TRUE(write_file(folder / "now.c", "a\nB\nc\n\nx: y\ne"));
  const auto lines = run_on(io, changed_lines(folder / "before.c", folder / "now.c", "mm/x.c"));
  ASSERT_TRUE(lines) << lines.error().text();
  std::vector<std::string> seen;
  for (const auto& line : *lines) {
    EXPECT_EQ(line.file, "mm/x.c");
    seen.push_back(fmt::format("{}{} {}", line.removed ? '-' : '+', line.line, line.text));
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"-2 b", "+2 B", "-4 d", "+4 ", "+5 x: y", "+6 e"}));
  const auto all = run_on(io, changed_lines(folder / "absent.c", folder / "now.c", "mm/x.c"));
  ASSERT_TRUE(all) << all.error().text();
  EXPECT_EQ(all->size(), 6U);
  const auto none = run_on(io, changed_lines(folder / "before.c", folder, "mm/x.c"));
  ASSERT_TRUE(none) << none.error().text();
  ASSERT_EQ(none->size(), 4U);
  EXPECT_TRUE(none->front().removed);
  fs::remove_all(folder);
}

series::SeriesPatch patch_of(std::initializer_list<std::pair<std::string, std::string>> files) {
  series::SeriesPatch patch;
  for (const auto& [from, to] : files) {
    patch.text += fmt::format("--- {}\n+++ {}\n@@ -1 +1 @@\n-a\n+b\n",
                              from.empty() ? "/dev/null" : "a/" + from, to.empty() ? "/dev/null" : "b/" + to);
  }
  return patch;
}

TEST(FilesOfASeries, AreFollowedThroughItsPatches) {
  const auto pairs = files_of({patch_of({{"mm/a.c", "mm/a.c"}, {"", "mm/new.c"}, {"mm/gone.c", ""}}),
                               patch_of({{"mm/a.c", "mm/b.c"}, {"mm/new.c", "mm/newer.c"}})});
  ASSERT_TRUE(pairs) << pairs.error().text();
  std::vector<std::string> seen;
  for (const auto& [before, now] : *pairs) {
    seen.push_back(before + " > " + now);
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"mm/a.c > mm/b.c", "mm/gone.c > ", " > mm/newer.c"}));
  auto reversed = patch_of({{"mm/a.c", "mm/b.c"}});
  reversed.reverse = true;
  EXPECT_EQ(files_of({reversed})->front().now, "mm/a.c");
}

series::SeriesPatch git_patch(std::initializer_list<std::array<std::string, 3>> changes) {
  series::SeriesPatch patch;
  for (const auto& [how, from, to] : changes) {
    patch.text += fmt::format("diff --git a/{1} b/{2}\n{0} from {1}\n{0} to {2}\n", how, from, to);
  }
  return patch;
}

std::string listed(const std::vector<series::SeriesPatch>& patches) {
  const auto pairs = files_of(patches);
  std::string text;
  for (const auto& [before, now] : pairs.value()) {
    text += fmt::format("{}>{} ", before, now);
  }
  return text;
}

TEST(FilesOfASeries, StayWhereTheyAreCopied) {
  const auto edit = patch_of({{"mm/a.c", "mm/a.c"}});
  EXPECT_EQ(listed({edit, git_patch({{"copy", "mm/a.c", "mm/b.c"}})}), "mm/a.c>mm/a.c mm/a.c>mm/b.c ");
  EXPECT_EQ(listed({git_patch({{"copy", "mm/a.c", "mm/b.c"}}), edit}), "mm/a.c>mm/a.c mm/a.c>mm/b.c ");
  auto with_hunk = git_patch({{"copy", "mm/a.c", "mm/b.c"}});
  with_hunk.text += patch_of({{"mm/a.c", "mm/b.c"}}).text;
  EXPECT_EQ(listed({edit, with_hunk}), "mm/a.c>mm/a.c mm/a.c>mm/b.c ");
}

TEST(FilesOfASeries, AreThoseFromBeforeTheirPatch) {
  EXPECT_EQ(listed({git_patch({{"rename", "mm/a.c", "mm/b.c"}, {"rename", "mm/b.c", "mm/a.c"}})}),
            "mm/b.c>mm/a.c mm/a.c>mm/b.c ");
  EXPECT_EQ(listed({git_patch({{"rename", "mm/x.c", "mm/a.c"}}),
                    git_patch({{"rename", "mm/a.c", "mm/b.c"}, {"copy", "mm/a.c", "mm/c.c"}})}),
            "mm/x.c>mm/b.c mm/x.c>mm/c.c ");
}

}  // namespace
}  // namespace assay::probe
