// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "finding/console.hpp"

#include "base/files.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace assay::finding {

inline std::string console(const std::string& name) {
  auto text = read_file(fs::path(ASSAY_UNIT_TESTS) / "finding" / "data" / (name + ".txt"));
  EXPECT_TRUE(text) << (text ? "" : text.error().text());
  return text ? *text : "";
}

inline std::vector<Report> taken(ConsoleParser& parser) {
  std::vector<Report> reports;
  parser.close_report();
  while (auto report = parser.take()) {
    reports.push_back(std::move(*report));
  }
  return reports;
}

inline std::vector<Report> reports_in(const std::string& text) {
  ConsoleParser parser;
  parser.feed(text);
  return taken(parser);
}

inline std::string fingerprint(const std::string& text) {
  const auto reports = reports_in(text);
  EXPECT_EQ(reports.size(), 1U);
  return reports.empty() ? "" : reports.front().fingerprint;
}

}  // namespace assay::finding
