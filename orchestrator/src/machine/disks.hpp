// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "base/units.hpp"
#include "machine/spec.hpp"

#include <filesystem>
#include <vector>

namespace assay::machine {

struct Disk {
  std::filesystem::path file;
  Bytes size;
};

/// A machine's disks (virtio-blk) as its guest counts them, /dev/vda first: that to swap to, then the others.
[[nodiscard]] std::vector<Disk> disks_of(const MachineSpec& machine, const BootSpec& boot);

/// The files behind a machine's disks, sparse. Their names are for QEMU's start only: however QEMU ends,
/// nothing is left of them.
class DiskFiles {
 public:
  DiskFiles() = default;
  DiskFiles(const DiskFiles&) = delete;
  DiskFiles& operator=(const DiskFiles&) = delete;
  DiskFiles(DiskFiles&&) = delete;
  DiskFiles& operator=(DiskFiles&&) = delete;
  ~DiskFiles();

  /// Error: infrastructure, names the path.
  [[nodiscard]] Status make(const std::vector<Disk>& disks);

 private:
  std::vector<std::filesystem::path> made_;
};

}  // namespace assay::machine
