// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "base/text.hpp"
#include "child.hpp"
#include "scripted_trials.hpp"
#include "store/database_files.hpp"
#include "store/open_store.hpp"
#include "store/store_samples.hpp"

#include <SQLiteCpp/Database.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>

#include <charconv>
#include <chrono>
#include <cstdio>

namespace assay::store {
namespace {

using testing::Child;
using testing::error_of;

constexpr unsigned trials_each = 25;

int write_run(const std::filesystem::path& path, const std::string& run) {
  auto store = open_store(path);
  auto done = store ? (*store)->begin_run(testing::a_run(run)) : Status(store.error());
  for (unsigned number = 0; done && number < trials_each; ++number) {
    done = testing::write_scripted(**store, run, number);
  }
  if (done) {
    done = (*store)->end_run(run, "finished", {});
  }
  if (!done) {
    std::fprintf(stderr, "%s\n", done.error().text().c_str());
  }
  return done ? 0 : 1;
}

TEST(SharedStore, IsCreatedAndWrittenByTwoProcessesAtOnce) {
  const testing::Folder folder;
  Child first([&](int) { return write_run(folder.database(), "first"); });
  Child second([&](int) { return write_run(folder.database(), "second"); });
  const auto store = testing::must_open(folder.database());
  for (int look = 0; look < 50; ++look) {
    ASSERT_EQ(error_of(store->runs()), "");  // a reader is never turned away
  }
  ASSERT_EQ(first.wait(), 0);
  ASSERT_EQ(second.wait(), 0);
  for (const std::string run : {"first", "second"}) {
    const auto trials = store->trials(run);
    ASSERT_EQ(error_of(trials), "");
    EXPECT_EQ(trials->size(), trials_each);
    for (const auto& record : *trials) {
      EXPECT_EQ(testing::flaw_of(*store, run, record), "") << run << " trial " << record.seed;
    }
    EXPECT_EQ(store->find_run(run)->state, "finished");
  }
}

TEST(SharedStore, GivesUpOnALockThatStays) {
  const testing::Folder folder;
  const auto store = testing::must_open(folder.database());
  Child holder([&](int pipe) {
    SQLite::Database database(folder.database().string(), SQLite::OPEN_READWRITE);
    database.exec("BEGIN IMMEDIATE");
    testing::tell(pipe, 1);
    ::pause();
    return 0;
  });
  unsigned locked = 0;
  ASSERT_TRUE(holder.hear(locked));
  const auto before = std::chrono::steady_clock::now();
  const auto begun = store->begin_run(testing::a_run("r"));
  EXPECT_EQ(error_of(begun),
            fmt::format("cannot begin run r: results database {}: another process has kept it "
                        "locked for 5 s",
                        folder.database().string()));
  EXPECT_EQ(begun.error().kind(), Failure::infrastructure);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(15));
  holder.kill();
  EXPECT_EQ(error_of(store->begin_run(testing::a_run("r"))), "");
}

/// Mounts a file system of 4 MiB that only this process sees. False where that is not allowed.
bool mount_small_disk(const std::filesystem::path& path) {
  return (::unshare(CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) &&
         ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("assay-test", path.c_str(), "tmpfs", 0, "size=4m") == 0;
}

constexpr int not_allowed = 77;

/// Fills the disk with trials: the error names the file and the reason, and what was kept before stays
/// readable.
int fill_the_disk(const testing::Folder& folder) {
  if (!mount_small_disk(folder.path())) {
    return not_allowed;
  }
  const auto store = testing::must_open(folder.database());
  if (!store->begin_run(testing::a_run("r"))) {
    return 1;
  }
  unsigned kept = 0;
  auto written = testing::write_scripted(*store, "r", kept);
  while (written && kept < 1000) {
    written = testing::write_scripted(*store, "r", ++kept);
  }
  const auto full = fmt::format("results database {}: No space left on device", folder.database().string());
  if (kept == 0 || written || !written.error().text().ends_with(full) ||
      written.error().kind() != Failure::infrastructure) {
    std::fprintf(stderr, "after %u trials: %s\n", kept, error_of(written).c_str());
    return 2;
  }
  const auto trials = store->trials("r");
  if (!trials || trials->size() != kept) {
    std::fprintf(stderr, "%u kept, then: %s\n", kept, error_of(trials).c_str());
    return 3;
  }
  return 0;
}

TEST(FullDisk, IsNamedAndSparesWhatWasKept) {
  const testing::Folder folder;
  Child child([&](int) { return fill_the_disk(folder); });
  const int code = child.wait();
  if (code == not_allowed) {
    GTEST_SKIP() << "no permission to mount a small file system";
  }
  EXPECT_EQ(code, 0);
}

/// Puts an overlay of two file systems over `path`, as containers have one. False where that is not allowed.
bool mount_overlay(const std::filesystem::path& path) {
  const auto lower = path / "lower";
  const auto top = path / "top";
  std::filesystem::create_directories(lower);
  std::filesystem::create_directories(top);
  if (!mount_small_disk(top)) {
    return false;
  }
  for (const auto* name : {"upper", "work"}) {
    std::filesystem::create_directory(top / name);
  }
  const auto options =
      fmt::format("lowerdir={0},upperdir={1}/upper,workdir={1}/work", lower.string(), top.string());
  return ::mount("assay-test", path.c_str(), "overlay", 0, options.c_str()) == 0;
}

/// Writes a little and keeps the database open, until it is killed.
int keep_open(const testing::Folder& folder, int pipe) {
  const auto store = testing::must_open(folder.database());
  if (!store->begin_run(testing::a_run("r"))) {
    return 1;
  }
  testing::tell(pipe, 1);
  ::pause();
  return 0;
}

/// Whether it is seen that another process, and this one, have a database open.
int look_at_users(const testing::Folder& folder) {
  if (!mount_overlay(folder.path())) {
    return not_allowed;
  }
  Child writer([&](int pipe) { return keep_open(folder, pipe); });
  unsigned begun = 0;
  if (!writer.hear(begun) || !is_in_use(folder.database())) {
    return 1;
  }
  writer.kill();
  if (is_in_use(folder.database())) {
    return 2;
  }
  const auto own = testing::must_open(folder.database());
  const auto reader = read_store(folder.database(), Process::may_write);
  if (!is_in_use(folder.database()) || !is_in_use(folder.database())) {
    return 3;
  }
  return 0;
}

TEST(InUse, IsSeenOnAnOverlayToo) {
  const testing::Folder folder;
  Child child([&](int) { return look_at_users(folder); });
  const int code = child.wait();
  if (code == not_allowed) {
    GTEST_SKIP() << "no permission to mount an overlay";
  }
  EXPECT_EQ(code, 0);
}

/// Resident memory of this process, KiB.
long resident_kib() {
  const auto status = read_file("/proc/self/status");
  const auto at = status->find("VmRSS:") + 6;
  const auto number = trimmed(std::string_view(*status).substr(at, 16));
  long kib = 0;
  std::from_chars(number.data(), number.data() + number.size(), kib);
  return kib;
}

TEST(Stream, TakesNoMoreMemoryTheLongerItIs) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer keeps freed memory, so that the process grows";
#endif
  const testing::Folder folder;
  const auto store = testing::must_open(folder.database());
  ASSERT_EQ(error_of(store->begin_run(testing::a_run("r"))), "");
  const trial::TrialKey key{"a", "b", "c", 0};
  ASSERT_EQ(error_of(store->sink("r").begin_trial(key, 1)), "");
  link::SampleBatch batch;
  batch.times.resize(10);
  batch.metrics.resize(200);
  batch.values.resize(2000);
  const auto stream = [&](int batches) {
    for (int i = 0; i < batches; ++i) {
      for (auto& value : batch.values) {
        value = (value * 31 + i) % 1'000'000'007;
      }
      ASSERT_EQ(error_of(store->sink("r").add_samples(key, batch)), "");
    }
  };
  stream(200);
  const auto warm = resident_kib();
  stream(1000);  // two million samples, about 20 MB
  EXPECT_LT(resident_kib() - warm, 4096);
}

}  // namespace
}  // namespace assay::store
