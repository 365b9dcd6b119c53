// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace assay {
namespace {

using testing::ElementsAre;
using testing::MatchesRegex;

TEST(Log, IsHeardByWhoeverListensThen) {
  std::vector<std::string> first;
  std::vector<std::string> second;
  log_event("nobody hears {}", 1);
  {
    const auto listener = LogListener::to([&](std::string_view line) { first.emplace_back(line); });
    log_event("guest {}: hello", "a-1");
    const auto other = LogListener::to([&](std::string_view line) { second.emplace_back(line); });
    log_event("guest {}: gone", "a-1");
  }
  log_event("nobody hears {}", 2);
  EXPECT_THAT(first, ElementsAre("guest a-1: hello", "guest a-1: gone"));
  EXPECT_THAT(second, ElementsAre("guest a-1: gone"));
}

TEST(Log, IsALineOfPlainTextForEachEvent) {
  std::vector<std::string> lines;
  const auto listener = LogListener::to([&](std::string_view line) { lines.emplace_back(line); });
  log_line("two\nlines \x1b[31m{}");
  log_line(std::string(100'000, 'x'));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].find_first_of("\n\x1b"), std::string::npos);
  EXPECT_NE(lines[0].find("{}"), std::string::npos);
  EXPECT_LT(lines[1].size(), 500U);
}

TEST(Log, OfAFileIsThereBeforeAnybodyClosesIt) {
  const Scratch scratch;
  const auto path = scratch.write("assay.log", "of an earlier process\n");
  const auto listener = LogListener::to_file(path);
  ASSERT_TRUE(listener);
  log_event("guest {}: created", "a-1");
  const auto text = read_file(path);
  ASSERT_TRUE(text);
  const auto lines = split(*text, '\n');
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], "of an earlier process");
  EXPECT_THAT(std::string(lines[1]), MatchesRegex("[0-9-]{10}T[0-9:]{8}\\.[0-9]{3}Z guest a-1: created"));
}

TEST(Log, ThatCannotBeOpenedSaysSo) {
  const auto listener = LogListener::to_file("/proc/no-such-folder/assay.log");
  ASSERT_FALSE(listener);
  EXPECT_THAT(listener.error().text(), testing::HasSubstr("cannot open the log /proc/no-such-folder"));
}

}  // namespace
}  // namespace assay
