// SPDX-License-Identifier: GPL-2.0-or-later
#include "workloads/ram_swap.hpp"

#include "context.hpp"
#include "unique_fd.hpp"
#include "workloads/kernel_files.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/swap.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

namespace assay::agent::workloads {
namespace {

constexpr const char* ram_disk = "/dev/ram0";

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

}  // namespace

RamSwap::RamSwap() {
  require_guest("swaps to the RAM disk");
  const UniqueFd disk(::open(ram_disk, O_RDWR | O_CLOEXEC));
  if (!disk) {
    throw WorkloadSkip(std::string("cannot open ") + ram_disk + ": " + strerrordesc_np(errno) +
                       " (CONFIG_BLK_DEV_RAM)");
  }
  std::uint64_t size = 0;
  if (::ioctl(disk.get(), BLKGETSIZE64, &size) != 0) {
    throw_errno("ask for the size of the RAM disk");
  }
  const auto header = swap_header(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)), size);
  if (::pwrite(disk.get(), header.data(), header.size(), 0) != static_cast<ssize_t>(header.size()) ||
      ::fsync(disk.get()) != 0) {
    throw_errno("write a swap header");
  }
  if (::swapon(ram_disk, 0) != 0) {
    if (errno == ENOSYS) {
      throw WorkloadSkip("this kernel cannot swap (CONFIG_SWAP)");
    }
    throw_errno("swap to the RAM disk");
  }
}

RamSwap::~RamSwap() { ::swapoff(ram_disk); }

}  // namespace assay::agent::workloads
