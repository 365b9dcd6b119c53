// SPDX-License-Identifier: GPL-2.0-or-later
#include "world.hpp"

#include "base/files.hpp"
#include "image/initramfs.hpp"
#include "machine/embedded_root.hpp"

#include <boost/asio/co_spawn.hpp>

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <iostream>
#include <utility>

namespace assay::machine {
namespace {

constexpr const char* folder_variable = "ASSAY_VM_FOLDER";

/// Of this process, for libvirt keeps its first root for as long as the process lives. Removed at its end
/// when no test has kept anything.
class ProcessFolder {
 public:
  ProcessFolder() {
    const char* given = std::getenv(folder_variable);
    std::string name = given != nullptr ? given : "/tmp/assay-vm-XXXXXX";
    if (given != nullptr || ::mkdtemp(name.data()) != nullptr) {
      path = name;
    }
  }
  ProcessFolder(const ProcessFolder&) = delete;
  ProcessFolder& operator=(const ProcessFolder&) = delete;
  ProcessFolder(ProcessFolder&&) = delete;
  ProcessFolder& operator=(ProcessFolder&&) = delete;
  ~ProcessFolder() {
    std::error_code ignored;
    fs::remove(path / "s", ignored);
    fs::remove(path, ignored);
  }
  fs::path path;
};

const fs::path& process_folder() {
  static const ProcessFolder folder;
  return folder.path;
}

constexpr auto scene_limit = std::chrono::minutes(4);

Task<> play_connected(LibvirtOptions options, std::function<Task<>(Hypervisor&)> scene) {
  auto hypervisor = co_await connect_libvirt(std::move(options));
  EXPECT_TRUE(hypervisor) << hypervisor.error().text();
  if (hypervisor) {
    co_await scene(**hypervisor);
    const auto closed = co_await (*hypervisor)->close();
    EXPECT_TRUE(closed) << closed.error().text();
  }
}

Task<Result<bool>> read_until(Follower& console, std::string text) {
  std::string seen;
  while (seen.find(text) == std::string::npos) {
    const auto more = co_await console.more();
    if (more.empty()) {
      co_return fail(Failure::infrastructure, "the console ended: {}", seen);
    }
    seen += more;
  }
  co_return true;
}

}  // namespace

void World::SetUp() {
  const char* kernel = std::getenv("ASSAY_TEST_KERNEL");
  if (kernel == nullptr) {
    GTEST_SKIP() << "ASSAY_TEST_KERNEL does not name a kernel to boot; ./dev test vm builds one and sets it";
  }
  kernel_ = fs::absolute(kernel);
  std::string name = (process_folder() / "XXXXXX").string();
  ASSERT_NE(::mkdtemp(name.data()), nullptr);
  folder_ = name;
  const auto packed = image::pack_initramfs(ASSAY_AGENT, {}, folder_ / "initramfs.cpio");
  ASSERT_TRUE(packed) << packed.error().text();
}

void World::TearDown() {
  if (HasFailure()) {
    std::cout << "kept: " << folder_ << "\nrepeat: ASSAY_TEST_KERNEL=" << kernel_.string()
              << " vm-machine --gtest_filter="
              << testing::UnitTest::GetInstance()->current_test_info()->test_suite_name() << "."
              << testing::UnitTest::GetInstance()->current_test_info()->name() << "\n";
  } else if (!folder_.empty()) {
    fs::remove_all(folder_);
  }
}

void World::play(std::function<Task<>(Hypervisor&)> scene) {
  asio::io_context io;
  bool over = false;
  asio::co_spawn(io, play_connected(options(), std::move(scene)), [&](const std::exception_ptr& thrown) {
    over = true;
    EXPECT_FALSE(thrown);
    io.stop();
  });
  io.run_for(scene_limit);
  EXPECT_TRUE(over) << "the scene did not end within " << human(scene_limit);
}

LibvirtOptions World::options() const {
  LibvirtOptions options;
  options.state_directory = process_folder() / "s";
  options.cache_directory = fs::path(ASSAY_TEST_FOLDER) / "libvirt-cache";
  options.proof_kernel = kernel_;
  options.proof_initramfs = folder_ / "initramfs.cpio";
  return options;
}

BootSpec World::boot(Hypervisor& hypervisor, const std::string& guest) const {
  BootSpec boot;
  boot.guest = guest;
  boot.kernel = kernel_;
  boot.initramfs = folder_ / "initramfs.cpio";
  boot.console_log = folder_ / (domain_name(guest) + ".log");
  boot.channel_socket = hypervisor.socket_folder() / (domain_name(guest).substr(0, 20) + ".sock");
  return boot;
}

MachineSpec World::small_machine() {
  MachineSpec machine;
  machine.accel = Accel::tcg;
  machine.memory = mib(256);
  return machine;
}

std::vector<int> World::qemus_of(const fs::path& root) {
  std::vector<int> pids;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    int pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ec == std::errc{} &&
        is_qemu_of(pid, root)) {
      pids.push_back(pid);
    }
  }
  return pids;
}

Task<bool> World::console_says(Follower& console, std::string text) {
  const std::string what = "console line \"" + text + "\"";
  const auto said =
      co_await with_deadline(std::chrono::minutes(2), what, read_until(console, std::move(text)));
  EXPECT_TRUE(said) << said.error().text();
  co_return said.has_value();
}

Task<> World::run_child(std::string test, fs::path folder, ProcessEnd& end) {
  Command command;
  command.argv = {fs::read_symlink("/proc/self/exe").string(), "--gtest_filter=" + test,
                  "--gtest_also_run_disabled_tests"};
  command.environment = {{folder_variable, folder.string()}};
  command.on_line = [](std::string_view line) { std::cout << "  | " << line << "\n"; };
  const auto ended = co_await run_process(std::move(command));
  EXPECT_TRUE(ended) << ended.error().text();
  end = ended ? *ended : ProcessEnd{-1, 0};
}

ProcessEnd World::child(const std::string& test) {
  asio::io_context io;
  ProcessEnd end;
  asio::co_spawn(io, run_child(test, folder_, end),
                 [](const std::exception_ptr& thrown) { EXPECT_FALSE(thrown); });
  io.run();
  return end;
}

bool World::is_child() { return std::getenv(folder_variable) != nullptr; }

}  // namespace assay::machine
