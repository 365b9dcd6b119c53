// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/patch.hpp"

#include <gtest/gtest.h>

namespace assay::series {
namespace {

constexpr std::string_view good = R"(Subject: a change

--- not a header, just prose
---
diff --git a/mm/memory.c b/mm/memory.c
--- a/mm/memory.c	2024-01-01
+++ b/mm/memory.c	2024-01-02
@@ -1,3 +1,3 @@ static int first(void)
 one
--- two
+++ three
 four
@@ -10 +10,2 @@
-ten
+ten
+eleven
\ No newline at end of file
--- /dev/null
+++ b/mm/new.c
@@ -0,0 +1 @@
+new
-- 
2.40.1
)";

std::string error_of(std::string_view text) {
  const auto files = parse_patch(text);
  EXPECT_FALSE(files) << text;
  return files ? "no error" : files.error().text();
}

std::string creating(std::string_view path) {
  return fmt::format("--- /dev/null\n+++ {}\n@@ -0,0 +1 @@\n+x\n", path);
}

TEST(PatchTest, FindsFilesAndHunks) {
  const auto files = parse_patch(good);
  ASSERT_TRUE(files) << files.error().text();
  ASSERT_EQ(files->size(), 2U);
  EXPECT_EQ(files->at(0).old_path, "mm/memory.c");
  EXPECT_EQ(files->at(0).new_path, "mm/memory.c");
  ASSERT_EQ(files->at(0).hunks.size(), 2U);
  EXPECT_EQ(files->at(0).hunks[0].header, "@@ -1,3 +1,3 @@ static int first(void)");
  EXPECT_EQ(files->at(0).hunks[1].line, 13U);
  EXPECT_EQ(files->at(1).old_path, "");
  EXPECT_EQ(files->at(1).new_path, "mm/new.c");
}

TEST(PatchTest, RefusesPathsThatLeaveTheTree) {
  EXPECT_EQ(error_of(creating("b/../../etc/cron.d/x")),
            "line 2: the path \"b/../../etc/cron.d/x\" leaves the kernel tree");
  EXPECT_EQ(error_of(creating("/etc/passwd")), "line 2: the path \"/etc/passwd\" leaves the kernel tree");
  EXPECT_EQ(error_of(creating("b/x/..")), "line 2: the path \"b/x/..\" leaves the kernel tree");
  EXPECT_EQ(error_of(creating("\"b/\\056\\056/x\"")), "line 2: the path \"b/../x\" leaves the kernel tree");
  EXPECT_EQ(error_of("--- a/../x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"),
            "line 2: the path \"a/../x\" leaves the kernel tree");
  EXPECT_EQ(error_of("diff --git a/x b/x\nrename from x\nrename to ../x\n"),
            "line 3: the path \"../x\" leaves the kernel tree");
  EXPECT_EQ(error_of("diff --git a/../x b/x\n"), "line 1: the path \"a/../x\" leaves the kernel tree");
}

TEST(PatchTest, RefusesWhatItCannotJudge) {
  EXPECT_EQ(error_of("diff --git a/link b/link\nnew file mode 120000\n" + creating("b/link")),
            "line 2: symbolic links are not accepted from patches");
  EXPECT_EQ(error_of("diff --git a/x.png b/x.png\nindex 1..2\nBinary files a/x.png and b/x.png differ\n"),
            "line 3: a binary file changes, and the patch does not have its bytes (git format-patch has)");
  EXPECT_EQ(error_of("Dear list,\n"), "there is no unified diff in it");
  EXPECT_EQ(error_of(creating("file")), "line 2: the path \"file\" has no folder in front, as \"a/\"");
  EXPECT_EQ(error_of("@@ -1 +1 @@\n-a\n+b\n"), "line 1: \"@@ -1 +1 @@\" is no hunk of a known file");
  EXPECT_EQ(error_of("--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n a"),
            "hunk \"@@ -1,9 +1,9 @@\" is cut off at the end");
  EXPECT_EQ(error_of("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\nwrapped\n"),
            "line 5: hunk \"@@ -1,2 +1,2 @@\" is mangled here");
}

TEST(PatchTest, RemovedLinesThatLookLikeHeadersAreContent) {
  const auto files = parse_patch("--- a/x\n+++ b/x\n@@ -1,1 +1,1 @@\n--- a/../../etc\n+++ b/../../etc\n");
  ASSERT_TRUE(files) << files.error().text();
  EXPECT_EQ(files->size(), 1U);
}

std::string changes(std::string_view text) {
  const auto files = parse_patch(text);
  EXPECT_TRUE(files) << files.error().text();
  std::string result;
  for (const auto& file : files ? *files : std::vector<FilePatch>()) {
    result += fmt::format("{} -> {}, {}; ", file.old_path, file.new_path, file.hunks.size());
  }
  return result;
}

TEST(PatchTest, WhatGitSaysWithoutAHunkCounts) {
  EXPECT_EQ(
      changes("diff --git a/mm/a.c b/mm/b.c\nsimilarity index 100%\nrename from mm/a.c\nrename to mm/b.c\n"),
      "mm/a.c -> mm/b.c, 0; ");
  EXPECT_EQ(changes("diff --git a/mm/a.c b/mm/b.c\nsimilarity index 100%\ncopy from mm/a.c\ncopy to mm/b.c\n"
                    "diff --git a/mm/new b/mm/new\nnew file mode 100644\nindex 0000000..e69de29\n"
                    "diff --git a/gone b/gone\ndeleted file mode 100644\nindex e69de29..0000000\n"
                    "diff --git a/run b/run\nold mode 100644\nnew mode 100755\n-- \n2.43.0\n"),
            "mm/a.c -> mm/b.c, 0;  -> mm/new, 0; gone -> , 0; run -> run, 0; ");
  EXPECT_EQ(changes("diff --git a/my file b/my file\nold mode 100644\nnew mode 100755\n"),
            "my file -> my file, 0; ");
  EXPECT_EQ(changes("diff --git \"a/caf\\303\\251\" \"b/caf\\303\\251\"\ndeleted file mode 100644\n"),
            "caf\xc3\xa9 -> , 0; ");
  EXPECT_EQ(
      changes("diff --git a/mm/a.c b/mm/b.c\nsimilarity index 90%\nrename from mm/a.c\nrename to mm/b.c\n"
              "index 1..2 100644\n--- a/mm/a.c\n+++ b/mm/b.c\n@@ -1 +1 @@\n-a\n+b\n"),
      "mm/a.c -> mm/b.c, 1; ");
  EXPECT_EQ(
      changes("diff --git a/mm/a.c b/mm/b.c\nsimilarity index 100%\nrename from mm/a.c\nrename to mm/b.c\n"
              "\nprose\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"),
      "mm/a.c -> mm/b.c, 0; x -> x, 1; ");
}

TEST(PatchTest, TheMessageInFrontIsProse) {
  EXPECT_EQ(changes("It said\n@@ -1 +1 @@\nhere.\n---\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"),
            "x -> x, 1; ");
  EXPECT_EQ(behind_message("It\n--- is prose\n"), "--- is prose\n");
  EXPECT_EQ(behind_message("no diff\n"), "no diff\n");
}

TEST(PatchTest, TheDiffIsWhatCounts) {
  const std::string diff = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n";
  EXPECT_EQ(diff_of("Text.\n---\n" + diff + "-- \n2.43\n"),
            diff_of("Other.\n---\n" + diff + "\n____\nlist\n"));
  EXPECT_NE(diff_of(diff), diff_of("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+c\n"));
}

}  // namespace
}  // namespace assay::series
