// SPDX-License-Identifier: GPL-2.0-or-later
#include "supervisor/kernel_records.hpp"

#include <gtest/gtest.h>

#include <string>

namespace assay::agent {
namespace {

std::string unescaped(std::string text) {
  text.resize(unescape(text));
  return text;
}

TEST(KernelRecords, UndoesWhatTheKernelEscapes) {
  EXPECT_EQ(unescaped("plain"), "plain");
  EXPECT_EQ(unescaped("a\\x0ab\\x5cx0a\\xc3\\xa4"), "a\nb\\x0a\xc3\xa4");
  EXPECT_EQ(unescaped("\\x0a"), "\n");
  EXPECT_EQ(unescaped("ends \\x0"), "ends \\x0");
  EXPECT_EQ(unescaped("\\xzz\\"), "\\xzz\\");
  EXPECT_EQ(unescaped(""), "");
}

}  // namespace
}  // namespace assay::agent
