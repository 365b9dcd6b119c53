// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "store/open_store.hpp"
#include "store/store.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <limits>
#include <memory>
#include <string>

/// What the tests of the store share: a folder of their own, and values that are awkward to keep.
namespace assay::store::testing {

/// A new folder, gone with the object.
class Folder {
 public:
  Folder() {
    auto name = (std::filesystem::temp_directory_path() / "assay-store-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  Folder(Folder&&) = delete;
  Folder& operator=(Folder&&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path database() const { return path_ / "assay.sqlite"; }

 private:
  std::filesystem::path path_;
};

/// Opens, or ends the test with the reason.
inline std::unique_ptr<Store> must_open(const std::filesystem::path& path) {
  auto store = open_store(path);
  if (!store) {
    throw std::runtime_error(store.error().text());
  }
  return std::move(*store);
}

/// The error's text, or "" : for comparisons that show the text when they fail.
template <class T>
std::string error_of(const Result<T>& result) {
  return result ? "" : result.error().text();
}

inline RunInfo a_run(const std::string& id) {
  RunInfo run;
  run.id = id;
  run.experiment = "shared-fault";
  run.title = "Shared faults under the VMA lock";
  run.experiment_toml = "title = \"x\"\n";
  run.settings = "{\"trials\":4}";
  run.host = "{}";
  run.started = "2026-11-21T05:15:02Z";
  run.state = "running";
  run.planned = 8;
  return run;
}

/// Every byte there is, zero included, and what SQL would mind.
inline std::string hostile() {
  std::string text = "'; DROP TABLE trial; -- \"../../etc\" %s \n";
  for (int byte = 0; byte < 256; ++byte) {
    text += static_cast<char>(byte);
  }
  return text;
}

inline trial::TrialRecord a_record(const trial::TrialKey& key, trial::Outcome outcome) {
  trial::TrialRecord record;
  record.key = key;
  record.seed = std::numeric_limits<std::uint64_t>::max();
  record.outcome = outcome;
  record.reason = hostile();
  record.counters = {{"touches", 4096},
                     {hostile(), std::numeric_limits<std::int64_t>::min()},
                     {"", std::numeric_limits<std::int64_t>::max()}};
  record.checks = {{"sum", true, ""}, {"sum", false, hostile()}};
  record.findings = {{"BUG: KASAN", "0123456789abcdef", std::string(1U << 20U, '\xff')}, {"", "", ""}};
  record.measured = Nanoseconds(std::numeric_limits<std::int64_t>::max());
  record.wall = Nanoseconds(1);
  record.attempts = 2;
  record.dropped_frames = std::numeric_limits<std::uint64_t>::max();
  record.dropped_samples = 7;
  record.kernel_id = "k1";
  record.folder = "guests/g-0";
  return record;
}

inline void expect_same(const trial::TrialRecord& is, const trial::TrialRecord& should) {
  EXPECT_TRUE(is.key == should.key);
  EXPECT_EQ(is.seed, should.seed);
  EXPECT_EQ(is.outcome, should.outcome);
  EXPECT_EQ(is.reason, should.reason);
  ASSERT_EQ(is.counters.size(), should.counters.size());
  for (std::size_t i = 0; i < is.counters.size(); ++i) {
    EXPECT_EQ(is.counters[i].name, should.counters[i].name);
    EXPECT_EQ(is.counters[i].value, should.counters[i].value);
  }
  ASSERT_EQ(is.checks.size(), should.checks.size());
  for (std::size_t i = 0; i < is.checks.size(); ++i) {
    EXPECT_EQ(is.checks[i].name, should.checks[i].name);
    EXPECT_EQ(is.checks[i].ok, should.checks[i].ok);
    EXPECT_EQ(is.checks[i].detail, should.checks[i].detail);
  }
  ASSERT_EQ(is.findings.size(), should.findings.size());
  for (std::size_t i = 0; i < is.findings.size(); ++i) {
    EXPECT_EQ(is.findings[i].title, should.findings[i].title);
    EXPECT_EQ(is.findings[i].fingerprint, should.findings[i].fingerprint);
    EXPECT_TRUE(is.findings[i].text == should.findings[i].text);  // too long to print
  }
  EXPECT_EQ(is.measured, should.measured);
  EXPECT_EQ(is.wall, should.wall);
  EXPECT_EQ(is.attempts, should.attempts);
  EXPECT_EQ(is.dropped_frames, should.dropped_frames);
  EXPECT_EQ(is.dropped_samples, should.dropped_samples);
  EXPECT_EQ(is.kernel_id, should.kernel_id);
  EXPECT_EQ(is.folder, should.folder);
}

}  // namespace assay::store::testing
