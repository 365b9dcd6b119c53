// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/stored_json.hpp"

#include <gtest/gtest.h>

namespace assay::report {
namespace {

TEST(Members, AreTextOnOneLine) {
  const auto object = object_from(R"({"a": "x\ny", "b": [1, 2], "c": null})");
  EXPECT_EQ(member(object, "a"), "x y");
  EXPECT_EQ(member(object, "b"), "1, 2");
  EXPECT_EQ(member(object, "c"), "");
  EXPECT_EQ(member(object, "d"), "");
  const auto nested =
      object_from(R"({"n": {"a": 1, "b": [true, "x"], "c": {}}, "l": [{"p": 1}, {"q": 2}], "e": []})");
  EXPECT_EQ(member(nested, "n"), "a 1, b true, x, c");
  EXPECT_EQ(member(nested, "l"), "(p 1), (q 2)");
  EXPECT_EQ(member(nested, "e"), "");
  EXPECT_TRUE(object_from("[1]").empty());
  EXPECT_TRUE(object_from("{").empty());
}

}  // namespace
}  // namespace assay::report
