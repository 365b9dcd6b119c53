// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/swap_area.hpp"

#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "contract/context.hpp"
#include "mm/kernel_files.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

namespace assay::agent {
namespace {

constexpr const char* second_ram_disk = "/dev/ram1";
constexpr const char* zram = "/dev/zram0";
constexpr const char* machine_disk = "/dev/vda";
constexpr std::uint64_t give_up_ns = 5 * ns_per_s;

/// union swap_header of include/linux/swap.h: one page in the byte order of the machine.
std::vector<std::byte> swap_header(std::size_t page_size, std::uint64_t device_size) {
  constexpr std::size_t info_at = 1024;
  constexpr std::string_view magic = "SWAPSPACE2";
  std::vector<std::byte> header(page_size);
  const std::uint32_t version = 1;
  const auto last_page = static_cast<std::uint32_t>(device_size / page_size - 1);
  std::memcpy(header.data() + info_at, &version, sizeof version);
  std::memcpy(header.data() + info_at + sizeof version, &last_page, sizeof last_page);
  std::memcpy(header.data() + page_size - magic.size(), magic.data(), magic.size());
  return header;
}

struct SwapLine {
  std::string device;
  std::int64_t used_kb = 0;
  int priority = 0;
};

std::vector<SwapLine> read_swaps() {
  std::ifstream file("/proc/swaps");
  std::vector<SwapLine> lines;
  std::string text;
  while (std::getline(file, text)) {
    std::istringstream words(text);
    SwapLine line;
    std::string type;
    std::int64_t size_kb = 0;
    if (words >> line.device >> type >> size_kb >> line.used_kb >> line.priority) {
      lines.push_back(line);
    }
  }
  return lines;
}

/// Flags of swapon() by which it is used before an area that an earlier workload could not turn off.
int before_all_others() {
  int priority = 0;
  for (const SwapLine& line : read_swaps()) {
    priority = std::max(priority, line.priority + 1);
  }
  return SWAP_FLAG_PREFER | (priority & SWAP_FLAG_PRIO_MASK);
}

/// A zram device has no size at first, and one that was used before keeps what was written.
void size_zram() {
  constexpr const char* size = "/sys/block/zram0/disksize";
  if (::access(size, W_OK) == 0) {
    write_kernel_file("/sys/block/zram0/reset", "1");
    write_kernel_file(size, "128M");
  }
}

void write_header(const std::string& device) {
  const UniqueFd disk(::open(device.c_str(), O_RDWR | O_CLOEXEC));
  if (!disk) {
    throw WorkloadSkip(
        "cannot open " + device + ": " + strerrordesc_np(errno) +
        (device == machine_disk ? " (the machine has one with swap = \"256M\")" : " (configs/swap.config)"));
  }
  std::uint64_t size = 0;
  if (::ioctl(disk.get(), BLKGETSIZE64, &size) != 0) {
    throw_errno("ask for the size of " + device);
  }
  const auto header = swap_header(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)), size);
  if (::pwrite(disk.get(), header.data(), header.size(), 0) != static_cast<ssize_t>(header.size()) ||
      ::fsync(disk.get()) != 0) {
    throw_errno("write a swap header to " + device);
  }
}

/// Waits until `limit_ns` have passed; the wait status, or -1 when the process still runs.
int wait_for(pid_t child, std::uint64_t began_ns, std::uint64_t limit_ns) {
  const timespec pause = to_timespec(2 * ns_per_ms);
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (monotonic_ns() - began_ns >= limit_ns) {
      return -1;
    }
    ::nanosleep(&pause, nullptr);
  }
  return status;
}

}  // namespace

SwapArea::SwapArea(std::string device) : device_(std::move(device)) {
  require_guest("swaps to " + device_);
  if (device_ == zram) {
    size_zram();
  }
  write_header(device_);
  if (::swapon(device_.c_str(), before_all_others()) != 0) {
    if (errno == ENOSYS) {
      throw WorkloadSkip("this kernel cannot swap (CONFIG_SWAP)");
    }
    throw_errno("swap to " + device_);
  }
  on_ = true;
}

SwapArea::~SwapArea() {
  if (on_) {
    try {
      turn_off(give_up_ns);
    } catch (const std::exception&) {  // It stays on: the guest ends soon.
      on_ = false;
    }
  }
}

std::int64_t SwapArea::used_pages() const {
  for (const SwapLine& line : read_swaps()) {
    if (line.device == device_) {
      return line.used_kb * 1024 / ::sysconf(_SC_PAGESIZE);
    }
  }
  throw std::runtime_error("cannot tell how much of " + device_ + " is used: it is not in /proc/swaps");
}

SwapArea::End SwapArea::turn_off(std::uint64_t limit_ns) {
  on_ = false;
  const std::uint64_t began = monotonic_ns();
  const pid_t child = ::fork();
  if (child < 0) {
    throw_errno("start a process that turns swap off");
  }
  if (child == 0) {
    ::_exit(::swapoff(device_.c_str()) == 0 ? 0 : errno);
  }
  int status = wait_for(child, began, limit_ns);
  const End end{.ended = status >= 0,
                .error = status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                .ns = monotonic_ns() - began};
  if (!end.ended) {
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
  }
  return end;
}

ParameterSpec swap_device_parameter(std::string_view default_value) {
  return {.name = "device",
          .type = ParameterType::choice,
          .default_value = default_value,
          .choices = {"ram", "zram", "disk"},
          .help = "where swap is: a RAM disk, a compressed one, or the machine's swap disk"};
}

std::string swap_device(std::string_view kind) {
  return kind == "disk" ? machine_disk : kind == "zram" ? zram : "/dev/ram0";
}

void drain_swap_caches() { const SwapArea second(second_ram_disk); }

}  // namespace assay::agent
