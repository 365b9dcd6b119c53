// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/embedded_root.hpp"

#include "base/text.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>

namespace assay::machine {
namespace {

/// A process that looks like a QEMU which was started out of `mentioned`: its name and arguments are all that
/// a sweep can see.
class FakeQemu {
 public:
  explicit FakeQemu(const std::string& mentioned, const char* name = "qemu-system-x86_64") : pid_(::fork()) {
    if (pid_ == 0) {
      const auto script = "kill -STOP $$; : " + mentioned;  // stays, without a child of its own
      ::execl("/bin/sh", name, "-c", script.c_str(), nullptr);
      ::_exit(127);
    }
    // Its command line is ours until it has passed execl().
    for (int i = 0; i < 500 && !looks_ready(name); ++i) {
      ::usleep(10000);
    }
  }
  FakeQemu(const FakeQemu&) = delete;
  FakeQemu& operator=(const FakeQemu&) = delete;
  FakeQemu(FakeQemu&&) = delete;
  FakeQemu& operator=(FakeQemu&&) = delete;
  ~FakeQemu() {
    if (!reaped_) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }
  [[nodiscard]] int pid() const { return pid_; }
  /// Whether it is dead or dies within two seconds.
  bool dies() {
    for (int i = 0; i < 200 && !reaped_; ++i) {
      reaped_ = ::waitpid(pid_, nullptr, WNOHANG) == pid_;
      if (!reaped_) {
        ::usleep(10000);
      }
    }
    return reaped_;
  }
  bool lives() {
    reaped_ = reaped_ || ::waitpid(pid_, nullptr, WNOHANG) == pid_;
    return !reaped_;
  }

 private:
  [[nodiscard]] bool looks_ready(const std::string& name) const {
    const auto text = read_file(fmt::format("/proc/{}/cmdline", pid_));
    return text && text->starts_with(name);
  }
  int pid_;
  bool reaped_ = false;
};

class EmbeddedRoots : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/assay-test-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::unique_ptr<EmbeddedRoot> make() {
    auto root = EmbeddedRoot::create(folder_ / "state", folder_ / "cache");
    EXPECT_TRUE(root) << root.error().text();
    return root ? std::move(*root) : nullptr;
  }
  /// A folder as a killed run leaves it: everything there, the lock free.
  fs::path dead_root() {
    const auto path = folder_ / "state/dead42";
    fs::create_directories(path / "run/qemu");
    EXPECT_TRUE(write_file(path / "assay.lock", ""));
    return path;
  }
  fs::path folder_;
};

TEST_F(EmbeddedRoots, HoldsTheDriversConfigurationAndTheSharedCache) {
  const auto root = make();
  ASSERT_NE(root, nullptr);
  const auto text = read_file(root->path() / "etc/qemu.conf");
  ASSERT_TRUE(text);
  for (const auto* line : {"stdio_handler = \"file\"", "security_driver = \"none\"", "namespaces = []",
                           "cgroup_controllers = []"}) {
    EXPECT_NE(text->find(line), std::string::npos) << line;
  }
  ASSERT_TRUE(write_file(root->path() / "cache/qemu/capabilities/x.xml", "kept"));
  EXPECT_TRUE(fs::exists(folder_ / "cache/capabilities/x.xml"));
  EXPECT_EQ(root->uri(), "qemu:///embed?root=" + root->path().string());
  EXPECT_TRUE(fs::is_directory(root->sockets()));
}

TEST_F(EmbeddedRoots, RemovesItselfAndKeepsTheCache) {
  auto root = make();
  ASSERT_NE(root, nullptr);
  const auto path = root->path();
  ASSERT_TRUE(write_file(path / "cache/qemu/capabilities/x.xml", "kept"));
  root.reset();
  EXPECT_FALSE(fs::exists(path));
  EXPECT_TRUE(fs::exists(folder_ / "cache/capabilities/x.xml"));
}

TEST_F(EmbeddedRoots, KillsWhatStillRunsOutOfItWhenItGoes) {
  auto root = make();
  ASSERT_NE(root, nullptr);
  FakeQemu forgotten(root->path().string() + "/lib/qemu/monitor.sock");
  root.reset();
  EXPECT_TRUE(::waitpid(forgotten.pid(), nullptr, 0) == -1 || forgotten.dies());
}

TEST_F(EmbeddedRoots, SweepKillsTheQemusOfADeadRunAndRemovesItsFolder) {
  const auto dead = dead_root();
  FakeQemu orphan(dead.string() + "/lib/qemu/monitor.sock");
  EXPECT_EQ(sweep_orphans(folder_ / "state"), std::vector{orphan.pid()});
  EXPECT_TRUE(orphan.dies());
  EXPECT_FALSE(fs::exists(dead));
}

TEST_F(EmbeddedRoots, SweepLeavesOthersAlone) {
  const auto dead = dead_root();
  FakeQemu neighbour(dead.string() + "2/lib/qemu/monitor.sock");
  FakeQemu reader(dead.string() + "/log/qemu/guest.log", "less");
  ASSERT_TRUE(write_file(dead / "run/qemu/guest.pid", fmt::to_string(reader.pid())));
  EXPECT_TRUE(sweep_orphans(folder_ / "state").empty());
  EXPECT_TRUE(neighbour.lives());
  EXPECT_TRUE(reader.lives()) << "only a QEMU is killed, whatever a stale pid file says";
}

TEST_F(EmbeddedRoots, SweepLeavesALivingRunAlone) {
  const auto root = make();
  ASSERT_NE(root, nullptr);
  FakeQemu guest(root->path().string() + "/lib/qemu/monitor.sock");
  EXPECT_TRUE(sweep_orphans(folder_ / "state").empty());
  EXPECT_TRUE(guest.lives());
  EXPECT_TRUE(fs::exists(root->path()));
}

TEST_F(EmbeddedRoots, SweepLeavesForeignFoldersAlone) {
  fs::create_directories(folder_ / "state/photos");
  ASSERT_TRUE(write_file(folder_ / "state/photos/lock", ""));
  EXPECT_TRUE(sweep_orphans(folder_ / "state").empty());
  EXPECT_TRUE(fs::exists(folder_ / "state/photos/lock"));
  EXPECT_TRUE(sweep_orphans(folder_ / "nowhere").empty());
}

TEST_F(EmbeddedRoots, SweepTakesWhatKillsLeaveWhicheverWentFirst) {
  const auto state = folder_ / "state";
  fs::create_directories(state / "bare42");                 // killed between the folder and its lock
  fs::create_directories(state / "nolock/lib/qemu/save");   // as earlier versions did: the lock went first
  ASSERT_TRUE(write_file(dead_root() / "assay.lock", ""));  // killed when only the lock was left
  fs::remove_all(state / "dead42/run");
  ASSERT_EQ(::chmod(state.c_str(), 0700), 0);
  sweep_orphans(state);
  EXPECT_TRUE(fs::is_empty(state));
}

TEST_F(EmbeddedRoots, LinksThatSomebodyPlantedAreNotBelieved) {
  const auto state = folder_ / "state";
  const auto victim = folder_ / "victim";
  fs::create_directories(victim / "run/qemu");
  ASSERT_TRUE(write_file(victim / "run/secret", "kept"));
  fs::create_directories(state / "dead42");
  fs::create_directory_symlink(victim, state / "linked");
  fs::create_directory_symlink(victim / "run", state / "dead42/run");
  fs::create_symlink(victim / "lock", state / "dead42/assay.lock");
  FakeQemu neighbour(victim.string() + "/lib/qemu/monitor.sock");
  sweep_orphans(state);
  EXPECT_TRUE(neighbour.lives());
  EXPECT_TRUE(fs::exists(victim / "run/secret"));
  EXPECT_FALSE(fs::exists(victim / "lock"));
  EXPECT_FALSE(fs::exists(victim / "assay.lock"));

  fs::remove_all(state);
  fs::create_directory_symlink(victim, state);
  sweep_orphans(state);
  const auto root = EmbeddedRoot::create(state, folder_ / "cache");
  ASSERT_FALSE(root);
  EXPECT_NE(root.error().text().find("state: it is a symbolic link; set TMPDIR to"), std::string::npos)
      << root.error().text();
  EXPECT_EQ(std::distance(fs::directory_iterator(victim), fs::directory_iterator()), 1);
}

TEST_F(EmbeddedRoots, AFolderOfAnotherUserIsNotUsed) {
  const auto state = folder_ / "state";
  fs::create_directories(state / "dead42/run");
  if (::chown(state.c_str(), 65534, 65534) != 0) {
    GTEST_SKIP() << "only root gives files away";
  }
  sweep_orphans(state);
  EXPECT_TRUE(fs::exists(state / "dead42/run"));
  const auto root = EmbeddedRoot::create(state, folder_ / "cache");
  ASSERT_FALSE(root);
  EXPECT_NE(root.error().text().find("state: it belongs to user 65534; set TMPDIR to"), std::string::npos)
      << root.error().text();
}

TEST_F(EmbeddedRoots, TheFolderIsThisUsersAlone) {
  const auto state = folder_ / "state";
  fs::create_directories(state);
  ASSERT_EQ(::chmod(state.c_str(), 0777), 0);
  const auto root = make();
  ASSERT_NE(root, nullptr);
  EXPECT_EQ(fs::status(state).permissions(), fs::perms::owner_all);
}

TEST_F(EmbeddedRoots, ARunThatWasKilledIsSwept) {
  const auto state = folder_ / "state";
  const int child = ::fork();
  if (child == 0) {
    auto root = EmbeddedRoot::create(state, folder_ / "cache");
    ::raise(SIGKILL);
    ::_exit(1);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(fs::is_empty(state));
  sweep_orphans(state);
  EXPECT_TRUE(fs::is_empty(state));
}

TEST_F(EmbeddedRoots, StartsAndSweepsAtOnceDoNotDisturbEachOther) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      for (int round = 0; round < 50; ++round) {
        sweep_orphans(folder_ / "state");
        const auto root = make();
        ASSERT_NE(root, nullptr);
        ASSERT_TRUE(fs::exists(root->path() / "etc/qemu.conf"));
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_TRUE(fs::is_empty(folder_ / "state"));
}

TEST_F(EmbeddedRoots, AnUnusableFolderIsAnErrorThatNamesIt) {
  ASSERT_TRUE(write_file(folder_ / "file", ""));
  const auto root = EmbeddedRoot::create(folder_ / "file/state", folder_ / "cache");
  ASSERT_FALSE(root);
  EXPECT_EQ(root.error().kind(), Failure::infrastructure);
  EXPECT_NE(root.error().text().find((folder_ / "file").string()), std::string::npos) << root.error().text();
}

TEST(StateDirectory, LeavesRoomForSocketPaths) {
  const std::string deep = "/tmp/" + std::string(60, 'd');
  fs::create_directories(deep);
  ::setenv("XDG_RUNTIME_DIR", deep.c_str(), 1);
  EXPECT_EQ(default_state_directory(), fmt::format("/tmp/assay-{}", ::geteuid()));
  ::setenv("XDG_RUNTIME_DIR", "/tmp", 1);
  EXPECT_EQ(default_state_directory(), "/tmp/assay");
  ::unsetenv("XDG_RUNTIME_DIR");
  EXPECT_EQ(default_state_directory(), fmt::format("/tmp/assay-{}", ::geteuid()));
  ::setenv("TMPDIR", "/var/tmp", 1);
  EXPECT_EQ(default_state_directory(), fmt::format("/var/tmp/assay-{}", ::geteuid()));
  ::setenv("TMPDIR", deep.c_str(), 1);
  EXPECT_EQ(default_state_directory(), fmt::format("/tmp/assay-{}", ::geteuid()));
  ::unsetenv("TMPDIR");
  fs::remove_all(deep);
}

}  // namespace
}  // namespace assay::machine
