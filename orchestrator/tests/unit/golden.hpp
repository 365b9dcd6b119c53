// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/files.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace assay {

/// Compares `actual` with a file below tests/unit, and writes the file instead when the environment variable
/// ASSAY_REGENERATE_GOLDEN is set: review what `git diff` then shows.
inline void expect_golden(const std::string& file, const std::string& actual) {
  const auto path = fs::path(ASSAY_UNIT_TESTS) / file;
  if (std::getenv("ASSAY_REGENERATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(make_directories(path.parent_path()));
    const auto written = write_file(path, actual);
    ASSERT_TRUE(written) << written.error().text();
    return;
  }
  const auto expected = read_file(path);
  ASSERT_TRUE(expected) << expected.error().text() << "; ASSAY_REGENERATE_GOLDEN=1 writes it";
  EXPECT_EQ(actual, *expected) << path << " differs; ASSAY_REGENERATE_GOLDEN=1 writes it anew";
}

}  // namespace assay
