// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/patch.hpp"

#include <gtest/gtest.h>

namespace assay::kernel {
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
  EXPECT_EQ(error_of(creating("\"b/\\056\\056/x\"")),
            "line 2: the path \"\"b/\\056\\056/x\"\" leaves the kernel tree");
  EXPECT_EQ(error_of("--- a/../x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"),
            "line 2: the path \"a/../x\" leaves the kernel tree");
  EXPECT_EQ(error_of("diff --git a/x b/x\nrename from x\nrename to ../x\n"),
            "line 3: the path \"../x\" leaves the kernel tree");
  EXPECT_EQ(error_of("diff --git a/../x b/x\n"), "line 1: the path \"a/../x\" leaves the kernel tree");
}

TEST(PatchTest, RefusesWhatItCannotJudge) {
  EXPECT_EQ(error_of("new file mode 120000\n" + creating("b/link")),
            "line 1: symbolic links are not accepted from patches");
  EXPECT_EQ(error_of("GIT binary patch\n"), "line 1: binary patches cannot be applied");
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

}  // namespace
}  // namespace assay::kernel
