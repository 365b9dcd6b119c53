// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/swap_disk.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>

namespace assay::machine {

SwapDisk::~SwapDisk() {
  std::error_code ignored;
  if (made_) {
    std::filesystem::remove(path_, ignored);
  }
}

Status SwapDisk::make(Bytes size) {
  if (size == Bytes(0)) {
    return {};
  }
  made_ = std::ofstream(path_).good();
  std::error_code error(errno, std::generic_category());
  if (made_) {
    std::filesystem::resize_file(path_, size.value(), error);
  }
  return error
             ? fail(Failure::infrastructure, "cannot make swap disk {}: {}", path_.string(), error.message())
             : Status();
}

}  // namespace assay::machine
