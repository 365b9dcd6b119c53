// SPDX-License-Identifier: GPL-2.0-or-later
// `assay gdb`. gdb is a script; the guest is a process of this host with the real agent in it, or a script,
// too.
#include "command.hpp"

#include "base/files.hpp"

#include <csignal>
#include <cstdlib>

namespace assay::cli {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

class Gdb : public OnFakes {
 protected:
  void SetUp() override {
    fs::create_directory(root() / "results");
    write("vmlinux", "symbols");
    write("debugged.toml",
          fmt::format(
              "summary = \"with symbols\"\n[source]\nprebuilt = \"{0}/old\"\nvmlinux = \"{0}/vmlinux\"\n",
              root().string()));
    ::setenv("PATH", (root() / "bin:").string().append(kept_path_).c_str(), 1);
  }
  void TearDown() override { ::setenv("PATH", kept_path_.c_str(), 1); }

  /// What stands in for gdb: `words` has one of its words in each line, $socket is QEMU's for the agent.
  void gdb_does(const std::string& script) const {
    const auto path = write("bin/gdb",
                            "#!/bin/sh\nprintf '%s\\n' \"$@\" >words\n"
                            "socket=$(sed -n 's/^target remote \\(.*\\)gdb$/\\1sock/p' words)\n" +
                                script + "\n");
    fs::permissions(path, fs::perms::owner_all);
  }

  Ended gdb(Words more = {}) {
    more.insert(more.begin(), {"gdb", "-q", "./debugged.toml"});
    return assay(more);
  }

 private:
  std::string kept_path_ = std::getenv("PATH");
};

TEST_F(Gdb, IsAttachedToAGuestThatStandsStill) {
  real_agent_ = true;
  gdb_does(
      "until grep -q T states; do\n"
      "  for process in /proc/[0-9]*; do\n"
      "    tr '\\0' ' ' <$process/cmdline | grep -q \"connect $socket\" && cut -d' ' -f3 $process/stat\n"
      "  done >states 2>/dev/null\n"
      "done 2>/dev/null\n"
      "echo out; echo err >&2; exit 7");
  const auto ended = gdb({"--", "-batch", "-ex", "bt"});
  EXPECT_EQ(ended.code, 7) << ended.err;
  EXPECT_EQ(ended.out, "out\n");
  EXPECT_EQ(ended.err, "err\n");
  const auto text = text_of("words");
  const auto words = split(text, '\n');
  ASSERT_EQ(words.size(), 8U);
  EXPECT_EQ(words[0], "-q");
  EXPECT_THAT(std::string(words[1]), EndsWith("/vmlinux"));
  EXPECT_EQ(text_of(words[1]), "symbols");
  EXPECT_THAT(std::string(words[3]), HasSubstr("target remote " + root().string()));
  EXPECT_EQ(words[4], "-batch");
  EXPECT_EQ(words[6], "bt");
}

/// A guest that boots for as long as it lives.
Task<> boots_for_ever(Inside& guest) { co_await guest.order(); }

TEST_F(Gdb, IsThereBeforeTheGuestHasBooted) {
  cast_ = [](const machine::BootSpec& boot, unsigned) -> Script {
    return boot.debugging == machine::Debugging::stopped ? boots_for_ever : is_well;
  };
  gdb_does("exit 3");
  EXPECT_EQ(gdb({"--at-boot"}).code, 3);
}

TEST_F(Gdb, IsNotStartedOnAGuestThatDoesNotBoot) {
  cast_ = [](const machine::BootSpec&, unsigned) -> Script { return ends_before_hello; };
  gdb_does("exit 3");
  const auto ended = gdb();
  EXPECT_EQ(ended.code, 125);
  EXPECT_THAT(ended.err, HasSubstr("guest powered off"));
  EXPECT_FALSE(fs::exists(root() / "words"));
}

/// Its kernel ends when it has booted.
Task<> panics_when_it_is_up(Inside& guest) {
  co_await guest.hello();
  guest.print("[    1.5] Kernel panic - not syncing: just so\n[    1.6] ---[ end Kernel panic ]---\n");
  co_await guest.order();
}

TEST_F(Gdb, OutlivesAPanicWhichIsTold) {
  cast_ = [](const machine::BootSpec&, unsigned) -> Script { return panics_when_it_is_up; };
  gdb_does("until grep -q 'kernel reported' /proc/$$/fd/2; do sleep 0.02; done; exit 0");
  const auto ended = gdb();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("Kernel panic - not syncing: just so"));
}

TEST_F(Gdb, OutlivesItsGuest) {
  cast_ = [](const machine::BootSpec&, unsigned) -> Script { return dies_after_hello; };
  gdb_does("exit 0");
  const auto ended = gdb();
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.err, HasSubstr("assay: the guest died: "));
}

TEST_F(Gdb, HasTheKeysOfItsTerminal) {
  gdb_does("kill -INT $PPID; kill -QUIT $PPID; exit 5");
  const auto ended = gdb();
  EXPECT_EQ(ended.code, 5);
  EXPECT_EQ(ended.err, "");
}

TEST_F(Gdb, EndsWithAssay) {
  gdb_does("echo $$ >pid; kill -TERM $PPID; exec sleep 600");
  const auto ended = gdb();
  EXPECT_EQ(ended.code, 130);
  EXPECT_THAT(ended.err, HasSubstr("gdb and the guest are being ended"));
  EXPECT_FALSE(fs::exists("/proc/" + std::string(trimmed(text_of("pid")))));
}

TEST_F(Gdb, IsMissedBeforeAnythingBoots) {
  ::setenv("PATH", (root() / "bin").c_str(), 1);
  expect_refused({"gdb", "./debugged.toml"}, 70,
                 "cannot debug guests for x86_64: there is no gdb on PATH; apt install gdb");
  EXPECT_THAT(below("results"), ElementsAre());
}

TEST_F(Gdb, WantsTheSymbolsOfTheKernel) {
  gdb_does("exit 0");
  const auto ended = assay({"gdb", "-q", "./old"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("cannot debug ./old: it is built already, and its vmlinux is not here; "));
  EXPECT_FALSE(fs::exists(root() / "words"));
}

}  // namespace
}  // namespace assay::cli
