// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/disks.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>

namespace assay::machine {

std::vector<Disk> disks_of(const MachineSpec& machine, const BootSpec& boot) {
  std::vector<Disk> disks;
  if (machine.swap > Bytes(0)) {
    disks.push_back({boot.disks / "swap", machine.swap});
  }
  for (std::size_t i = 0; i < machine.disks.size(); ++i) {
    disks.push_back({boot.disks / fmt::format("disk{}", i), machine.disks[i]});
  }
  return disks;
}

DiskFiles::~DiskFiles() {
  std::error_code ignored;
  for (const auto& path : made_) {
    std::filesystem::remove(path, ignored);
  }
}

Status DiskFiles::make(const std::vector<Disk>& disks) {
  for (const auto& [path, size] : disks) {
    const bool made = std::ofstream(path).good();
    std::error_code error(errno, std::generic_category());
    if (made) {
      made_.push_back(path);
      std::filesystem::resize_file(path, size.value(), error);
    }
    if (error) {
      return fail(Failure::infrastructure, "cannot make disk {}: {}", path.string(), error.message());
    }
  }
  return {};
}

}  // namespace assay::machine
