// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest/folder.hpp"

#include <gtest/gtest.h>

namespace assay::guest {
namespace {

TEST(FileNamePart, KeepsPlainLetters) { EXPECT_EQ(file_name_part("shared-write_2.x"), "shared-write_2.x"); }

TEST(FileNamePart, NeverLeavesTheFolder) {
  EXPECT_EQ(file_name_part("../../etc/passwd"), "_.._.._etc_passwd");
  EXPECT_EQ(file_name_part("."), "_.");
  EXPECT_EQ(file_name_part(".."), "_..");
  EXPECT_EQ(file_name_part("a/b"), "a_b");
}

TEST(FileNamePart, IsNeverEmpty) { EXPECT_EQ(file_name_part(""), "_"); }

TEST(FileNamePart, ReplacesWhatATerminalOrAShellWouldHeed) {
  EXPECT_EQ(file_name_part("a b\x1b$(rm)\n\xc3\xa4"), "a_b___rm____");
}

}  // namespace
}  // namespace assay::guest
