// SPDX-License-Identifier: GPL-2.0-or-later
#include "debugger/gdb.hpp"

#include "scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace assay::debugger {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Target plain_target() {
  Target target;
  target.vmlinux = "/cache/builds/0123/vmlinux";
  target.socket = "/tmp/assay-0/AbCdEf/s/0123456789ab.gdb";
  return target;
}

TEST(GdbCommand, AttachesBeforeWhatTheUserWants) {
  EXPECT_THAT(gdb_command(plain_target(), {"-batch", "-ex", "bt"}),
              ElementsAre("gdb", "-q", "/cache/builds/0123/vmlinux", "-ex",
                          "target remote /tmp/assay-0/AbCdEf/s/0123456789ab.gdb", "-batch", "-ex", "bt"));
}

TEST(GdbCommand, KnowsScriptsAndSourcesBeforeTheKernel) {
  auto target = plain_target();
  target.scripts = {"/cache/builds/0123/vmlinux-gdb.py"};
  target.sources = {"/patched", "/source"};
  EXPECT_THAT(
      gdb_command(target),
      ElementsAre("gdb", "-q", "-iex", "add-auto-load-safe-path /cache/builds/0123/vmlinux-gdb.py", "-iex",
                  "directory /source", "-iex", "directory /patched", "/cache/builds/0123/vmlinux", "-ex",
                  "target remote /tmp/assay-0/AbCdEf/s/0123456789ab.gdb"));
}

TEST(GdbCommand, IsOfAGdbThatKnowsTheArchitecture) {
  auto target = plain_target();
  target.arch = Arch::sparc64;
  EXPECT_EQ(gdb_command(target).front(), "gdb-multiarch");
}

TEST(GdbLine, IsWhatAShellTakes) {
  auto target = plain_target();
  target.vmlinux = "/home/o'neill/my kernels/vmlinux";
  EXPECT_EQ(gdb_line(target),
            "gdb -q '/home/o'\\''neill/my kernels/vmlinux' -ex 'target remote "
            "/tmp/assay-0/AbCdEf/s/0123456789ab.gdb'");
}

TEST(CheckGdb, SaysWhichPackageHasWhatIsMissing) {
  const Scratch scratch;
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", scratch.root().c_str(), 1);
  const auto here = check_gdb(Arch::x86_64);
  const auto cross = check_gdb(Arch::sparc64);
  ::setenv("PATH", path.c_str(), 1);
  ASSERT_FALSE(here);
  ASSERT_FALSE(cross);
  EXPECT_EQ(here.error().kind(), Failure::infrastructure);
  EXPECT_THAT(here.error().text(), HasSubstr("there is no gdb on PATH; apt install gdb"));
  EXPECT_THAT(cross.error().text(), HasSubstr("for sparc64: there is no gdb-multiarch on PATH; apt install"));
}

}  // namespace
}  // namespace assay::debugger
