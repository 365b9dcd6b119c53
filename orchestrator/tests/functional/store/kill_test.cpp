// SPDX-License-Identifier: GPL-2.0-or-later
#include "child.hpp"
#include "scripted_trials.hpp"
#include "store/store_samples.hpp"

#include <SQLiteCpp/Database.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <set>
#include <thread>

namespace assay::store {
namespace {

using testing::Child;
using testing::error_of;

/// Writes trials until it is killed; tells the number of each whose end_trial() has returned.
int write_for_ever(const std::filesystem::path& path, const std::string& run, int pipe) {
  const auto store = testing::must_open(path);
  if (!store->begin_run(testing::a_run(run))) {
    return 1;
  }
  for (unsigned number = 0;; ++number) {
    if (auto written = testing::write_scripted(*store, run, number); !written) {
      return 1;
    }
    testing::tell(pipe, number);
  }
}

std::string integrity(const std::filesystem::path& path) {
  SQLite::Database database(path.string(), SQLite::OPEN_READWRITE);
  if (const auto broken = database.execAndGet("SELECT count(*) FROM pragma_foreign_key_check").getInt();
      broken != 0) {
    return std::to_string(broken) + " rows belong to nothing";
  }
  return database.execAndGet("PRAGMA integrity_check").getString();
}

/// Lets a child write for `time`, kills it, and looks at what it left. Gives the number of trials found.
std::size_t kill_after(const std::filesystem::path& path, const std::string& run,
                       std::chrono::microseconds time) {
  Child child([&](int pipe) { return write_for_ever(path, run, pipe); });
  std::this_thread::sleep_for(time);
  child.kill();
  std::set<unsigned> told;
  for (unsigned number = 0; child.hear(number);) {
    told.insert(number);
  }

  const auto store = testing::must_open(path);
  EXPECT_EQ(integrity(path), "ok");
  const auto found = store->find_run(run);
  if (!found) {  // killed before it had begun the run
    EXPECT_TRUE(told.empty());
    return 0;
  }
  EXPECT_EQ(found->state, "killed");
  const auto trials = store->trials(run);
  EXPECT_EQ(error_of(trials), "");
  EXPECT_EQ(found->done, trials->size());
  EXPECT_LE(trials->size(), told.size() + 1);
  for (const auto& record : *trials) {
    EXPECT_EQ(testing::flaw_of(*store, run, record), "") << "trial " << record.seed;
    told.erase(static_cast<unsigned>(record.seed));
  }
  EXPECT_TRUE(told.empty()) << "trial " << *told.begin() << " had ended and is not there";
  return trials->size();
}

TEST(KilledStore, KeepsEveryTrialThatEndedAndNoHalfOne) {
  const testing::Folder folder;
  constexpr unsigned seed = 20261121;
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> microseconds(500, 400'000);
  std::size_t kept = 0;
  for (int round = 0; round < 20; ++round) {
    const auto time = std::chrono::microseconds(microseconds(random));
    SCOPED_TRACE("round " + std::to_string(round) + " of seed " + std::to_string(seed));
    kept += kill_after(folder.database(), "run-" + std::to_string(round), time);
    if (HasFailure()) {
      return;
    }
  }
  EXPECT_GT(kept, 20U) << "too few trials for the test to mean something";
}

TEST(KilledStore, LetsTheRunBeResumed) {
  const testing::Folder folder;
  {
    Child child([&](int pipe) { return write_for_ever(folder.database(), "r", pipe); });
    unsigned number = 0;
    ASSERT_TRUE(child.hear(number));
    child.kill();
  }
  const auto store = testing::must_open(folder.database());
  const auto before = store->trials("r");
  ASSERT_EQ(error_of(before), "");
  ASSERT_EQ(error_of(testing::write_scripted(*store, "r", 1000)), "");
  EXPECT_EQ(store->find_run("r")->state, "running");
  EXPECT_EQ(store->trials("r")->size(), before->size() + 1);
}

TEST(KilledStore, IsNotTakenForKilledWhileItsWriterLives) {
  const testing::Folder folder;
  Child child([&](int pipe) { return write_for_ever(folder.database(), "r", pipe); });
  unsigned number = 0;
  ASSERT_TRUE(child.hear(number));
  const auto store = testing::must_open(folder.database());
  EXPECT_EQ(store->find_run("r")->state, "running");
  const auto refused = store->sink("r").begin_trial({"a", "b", "c", 0}, 1);
  EXPECT_TRUE(error_of(refused).starts_with("cannot begin trial a/b/c #0 of run r: process "))
      << error_of(refused);
  EXPECT_TRUE(error_of(refused).ends_with(" is writing it")) << error_of(refused);
}

}  // namespace
}  // namespace assay::store
