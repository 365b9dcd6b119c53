// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/gc.hpp"

#include "scratch.hpp"

#include <algorithm>

namespace assay::kernel {
namespace {

class GcTest : public testing::Test {
 protected:
  GcTest() : layout_(scratch_.root()) {
    EXPECT_TRUE(layout_.prepare());
    scratch_.write("sources/s1/mm/memory.c", std::string(100000, 'x'));
    scratch_.write("sources/s2/mm/memory.c", "y");
    scratch_.write("sources/s3.unfinished/x", "");
    scratch_.write("builds/k1/image", "1");
    scratch_.write("builds/k2/image", "2");
    scratch_.write("builds/k2/provenance.json", R"({"variant": "two", "release": "6.12"})");
    scratch_.write("builds/k3.unfinished/image", "3");
    scratch_.write("work/k1/tree/mm/memory.o", "o");
    fs::create_hard_link(scratch_.root() / "sources/s1/mm/memory.c",
                         scratch_.root() / "work/k1/tree/mm/memory.c");
    scratch_.write("work/k2.trial-1073741824/mm/memory.c", "left");
    scratch_.write("logs/k2.log", "why");
    scratch_.write("git/aa.git/HEAD", "ref");
  }

  std::vector<std::string> garbage(const Needed& needed) const {
    std::vector<std::string> names;
    for (const auto& one : find_garbage(layout_, needed)) {
      names.push_back(scratch_.without_root(one.path.string()));
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  Scratch scratch_;
  CacheLayout layout_;
};

TEST_F(GcTest, WhatNothingNeedsIsGarbage) {
  Needed needed;
  needed.kernels = {"k1"};
  needed.objects = {"k1"};
  needed.sources = {"s1"};
  EXPECT_EQ(garbage(needed),
            (std::vector<std::string>{"builds/k2", "builds/k3.unfinished", "git/aa.git", "logs/k2.log",
                                      "sources/s2", "sources/s3.unfinished", "work/k2.trial-1073741824"}));
  needed.kernels = {"k1", "k2"};
  needed.sources = {"s1", "s2"};
  needed.snapshots = {scratch_.root() / "git/aa.git"};
  EXPECT_EQ(garbage(needed), (std::vector<std::string>{"builds/k3.unfinished", "sources/s3.unfinished",
                                                       "work/k2.trial-1073741824"}));
}

TEST_F(GcTest, GarbageSaysWhatItIs) {
  const auto all = find_garbage(layout_, {});
  EXPECT_TRUE(
      std::any_of(all.begin(), all.end(), [](const auto& one) { return one.what == "kernel k2 two 6.12"; }));
}

TEST_F(GcTest, WhatSomebodyWorksOnStays) {
  const auto lock = FileLock::try_acquire(layout_.lock("k1"));
  ASSERT_TRUE(lock && *lock);
  const auto all = garbage({});
  EXPECT_EQ(std::count(all.begin(), all.end(), "builds/k1"), 0);
  EXPECT_EQ(std::count(all.begin(), all.end(), "work/k1"), 0);
  EXPECT_EQ(std::count(all.begin(), all.end(), "sources/s2"), 0) << "a build may be copying from it";
  ASSERT_TRUE(remove_garbage(layout_, {layout_.build("k1"), "late", "k1"}));
  EXPECT_TRUE(fs::exists(layout_.build("k1"))) << "it was taken into use meanwhile";
}

TEST_F(GcTest, WorkshopsStayWhileTheyAreOpen) {
  scratch_.write("work/k1.mutants-42-0/tree/mm/memory.c", "a mutant");
  Needed needed;
  needed.kernels = needed.objects = {"k1"};
  const std::string tree = "work/k1.mutants-42-0";
  {
    const auto lock = FileLock::try_acquire(layout_.lock("k1.mutants-42-0"));
    ASSERT_TRUE(lock && *lock);
    const auto all = garbage(needed);
    EXPECT_EQ(std::count(all.begin(), all.end(), tree), 0);
    EXPECT_EQ(std::count(all.begin(), all.end(), "builds/k2"), 0) << "it may be a mutant that a guest boots";
  }
  const auto all = garbage(needed);
  EXPECT_EQ(std::count(all.begin(), all.end(), tree), 1) << "it was killed";
  EXPECT_EQ(std::count(all.begin(), all.end(), "work/k1"), 0);
}

TEST_F(GcTest, FilesWithSeveralNamesCountOnceAllOfThemGo) {
  const Garbage source{layout_.source("s1"), "", ""};
  const Garbage objects{layout_.work("k1"), "", ""};
  constexpr Bytes file(100000);
  EXPECT_LT(freed_by({source}), file);
  EXPECT_GE(freed_by({source, objects}), file);
  EXPECT_LT(freed_by({source, objects}), file * 2);
}

TEST_F(GcTest, RemovesWhatItFound) {
  for (const auto& one : find_garbage(layout_, {})) {
    EXPECT_TRUE(remove_garbage(layout_, one));
  }
  EXPECT_TRUE(garbage({}).empty());
  EXPECT_TRUE(fs::is_empty(scratch_.root() / "builds"));
}

}  // namespace
}  // namespace assay::kernel
