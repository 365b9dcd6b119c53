// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/tree.hpp"

#include "scratch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <unistd.h>

#include <chrono>
#include <utility>

namespace assay::kernel {
namespace {

using std::chrono_literals::operator""h;

class TreeTest : public testing::Test {
 protected:
  Status clone(const fs::path& from, const fs::path& to, const fs::path& pristine) {
    asio::io_context context(1);
    Status result = Error(Failure::infrastructure, "did not end");
    const FileCount ignore = [](std::size_t) {};
    asio::co_spawn(context, clone_tree(from, to, pristine, ignore),
                   [&result](const std::exception_ptr& trouble, Status status) {
                     result = trouble ? Status(Error(Failure::infrastructure, "threw")) : std::move(status);
                   });
    context.run();
    return result;
  }

  void age(const fs::path& path, std::chrono::hours hours) {
    fs::last_write_time(path, fs::last_write_time(path) - hours);
  }

  Scratch scratch_;
  fs::path source_ = scratch_.root() / "source";
  fs::path base_ = scratch_.root() / "base";
  fs::path variant_ = scratch_.root() / "variant";
};

TEST_F(TreeTest, SourcesAreLinkedAndObjectsCopied) {
  scratch_.write("source/mm/memory.c", "int memory;\n");
  fs::create_symlink("memory.c", source_ / "mm" / "link.c");
  ASSERT_TRUE(clone(source_, base_, source_));
  age(scratch_.write("base/mm/memory.o", "object"), 5h);
  scratch_.write("base/vmlinux", "linked kernel");
  ASSERT_TRUE(clone(base_, variant_, source_));

  EXPECT_TRUE(fs::equivalent(source_ / "mm/memory.c", base_ / "mm/memory.c"));
  EXPECT_TRUE(fs::equivalent(source_ / "mm/memory.c", variant_ / "mm/memory.c"));
  EXPECT_EQ(fs::read_symlink(variant_ / "mm/link.c"), "memory.c");
  EXPECT_FALSE(fs::equivalent(base_ / "mm/memory.o", variant_ / "mm/memory.o"));
  EXPECT_EQ(*read_file(variant_ / "mm/memory.o"), "object");
  EXPECT_EQ(fs::last_write_time(variant_ / "mm/memory.o"), fs::last_write_time(base_ / "mm/memory.o"));
  EXPECT_FALSE(fs::exists(variant_ / "vmlinux")) << "every variant links its own";
}

TEST_F(TreeTest, HardLinksThatAreNotTheSourceAreCopied) {
  scratch_.write("source/a.c", "a");
  ASSERT_TRUE(clone(source_, base_, source_));
  scratch_.write("base/one.o", "object");
  fs::create_hard_link(base_ / "one.o", base_ / "two.o");
  ASSERT_TRUE(clone(base_, variant_, source_));
  EXPECT_FALSE(fs::equivalent(base_ / "two.o", variant_ / "two.o"));
}

TEST_F(TreeTest, RecordedPathsFollowTheTree) {
  const auto file =
      scratch_.write("variant/tools/objtool/.check.o.cmd",
                     "cmd_" + base_.string() + "/tools/objtool/check.o := gcc " + base_.string() + "/x\n");
  const auto other = scratch_.write("variant/tools/objtool/check.c", base_.string() + "/");
  age(file, 5h);
  const auto time = fs::last_write_time(file);
  ASSERT_TRUE(move_recorded_paths(variant_, base_));
  EXPECT_EQ(*read_file(file),
            "cmd_" + variant_.string() + "/tools/objtool/check.o := gcc " + variant_.string() + "/x\n");
  EXPECT_EQ(fs::last_write_time(file), time);
  EXPECT_EQ(*read_file(other), base_.string() + "/") << "only kbuild's records are touched";
}

TEST_F(TreeTest, TargetsYoungerThanTheirRecordAreTorn) {
  const auto whole = scratch_.write("base/mm/whole.o", "object");
  age(whole, 1h);
  scratch_.write("base/mm/.whole.o.cmd", "");
  age(scratch_.write("base/mm/.torn.o.cmd", ""), 1h);
  const auto torn = scratch_.write("base/mm/torn.o", "obj");
  const auto unrecorded = scratch_.write("base/mm/other.o", "object");
  remove_torn_targets(base_);
  EXPECT_TRUE(fs::exists(whole));
  EXPECT_FALSE(fs::exists(torn));
  EXPECT_TRUE(fs::exists(unrecorded)) << "make compiles it anyway: there is no record of its command";
}

TEST_F(TreeTest, AFileIsCopiedFromOneFileSystemToAnother) {
  const Scratch scratch;
  const auto shared = fs::path("/dev/shm") / fmt::format("assay-tree-{}", ::getpid());
  ASSERT_TRUE(write_file(shared, "content"));
  const auto copied = duplicate_file(shared, scratch.root() / "copy");
  fs::remove(shared);
  ASSERT_TRUE(copied) << copied.error().text();
  EXPECT_EQ(*read_file(scratch.root() / "copy"), "content");
}

}  // namespace
}  // namespace assay::kernel
