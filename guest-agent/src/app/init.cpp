// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/init.hpp"

#include "app/capabilities.hpp"
#include "base/clock.hpp"
#include "base/console.hpp"
#include "supervisor/lockdown.hpp"
#include "supervisor/supervisor.hpp"
#include "wire/port.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <vector>

namespace assay::agent {
namespace {

constexpr std::uint64_t port_deadline_ns = 20 * ns_per_s;

[[noreturn]] void power_off() {
  ::sync();
  ::reboot(RB_POWER_OFF);
  say_error("cannot power off", errno);
  for (;;) {
    ::pause();
  }
}

/// PID 1 may be started without descriptors, when the initramfs has no console.
void open_console() {
  while (::fcntl(STDERR_FILENO, F_GETFD) < 0) {
    int fd = ::open("/dev/console", O_RDWR | O_NOCTTY);
    if (fd < 0) {
      fd = ::open("/dev/null", O_RDWR);
    }
    if (fd < 0 || fd >= STDERR_FILENO) {
      return;
    }
  }
}

void mount_all() {
  struct Mount {
    const char* type;
    const char* where;
    bool needed;
  };
  constexpr std::array mounts{
      Mount{"proc", "/proc", true},
      Mount{"sysfs", "/sys", true},
      Mount{"devtmpfs", "/dev", true},
      Mount{"tmpfs", "/tmp", true},
      Mount{"debugfs", "/sys/kernel/debug", false},
      Mount{"cgroup2", "/sys/fs/cgroup", false},
  };
  for (const auto& one : mounts) {
    ::mkdir(one.where, 0755);
    if (::mount(one.type, one.where, one.type, MS_NOSUID, nullptr) != 0 && errno != EBUSY && one.needed) {
      say_error(std::string("cannot mount ") + one.type + " on " + one.where, errno);
    }
  }
}

/// The drivers that the initramfs brought along, in the order of their names.
void load_modules() {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/modules", error)) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    const UniqueFd module(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!module || ::syscall(SYS_finit_module, module.get(), "", 0) != 0) {
      say_error("cannot load " + file.string(), errno);
    }
  }
}

std::string read_command_line() {
  std::string text(4096, '\0');
  const UniqueFd fd(::open("/proc/cmdline", O_RDONLY | O_CLOEXEC));
  const ssize_t count = ::read(fd.get(), text.data(), text.size());
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  return text;
}

/// Blocking writes of zeros, as large as the port takes them; then waits for the host to have read all.
void write_raw(const UniqueFd& port, std::uint64_t bytes) {
  const std::vector<char> block(std::size_t{256} << 10U);
  ::fcntl(port.get(), F_SETFL, 0);
  while (bytes > 0) {
    const ssize_t count = ::write(port.get(), block.data(), std::min<std::uint64_t>(bytes, block.size()));
    if (count < 0 && errno != EINTR && errno != EAGAIN) {
      say_error("cannot write to the port", errno);
      return;
    }
    bytes -= static_cast<std::uint64_t>(std::max<ssize_t>(count, 0));
  }
  say("raw bytes written");
  pollfd closed{.fd = port.get(), .events = POLLIN, .revents = 0};
  ::poll(&closed, 1, 10'000);
}

}  // namespace

BootOptions parse_boot_options(std::string_view command_line) {
  constexpr std::string_view raw = "assay.raw_bytes=";
  BootOptions options;
  std::size_t at = 0;
  while ((at = command_line.find_first_not_of(" \n", at)) != std::string_view::npos) {
    const std::size_t end = std::min(command_line.find_first_of(" \n", at), command_line.size());
    const auto word = command_line.substr(at, end - at);
    if (word == "assay.exit") {
      options.exit = true;
    } else if (word.starts_with(raw)) {
      std::from_chars(word.data() + raw.size(), word.data() + word.size(), options.raw_bytes);
    }
    at = end;
  }
  return options;
}

void run_as_init() {
  open_console();
  mount_all();
  load_modules();
  const BootOptions options = parse_boot_options(read_command_line());
  if (options.exit) {
    say("ready");
    power_off();
  }
  UniqueFd port = wait_for_port(port_deadline_ns);
  if (!port) {
    say("cannot find the virtio port org.assay.agent.0: powering off");
    power_off();
  }
  if (options.raw_bytes != 0) {
    say("ready");
    write_raw(port, options.raw_bytes);
    power_off();
  }
  {
    Supervisor supervisor(std::move(port), Channel::port, probe_machine());
    lock_down(true);
    say("ready");
    supervisor.run();
  }
  power_off();
}

}  // namespace assay::agent
