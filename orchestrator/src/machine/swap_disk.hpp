// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "base/units.hpp"

#include <filesystem>
#include <utility>

namespace assay::machine {

/// The file behind a machine's swap disk, sparse. Its name is for QEMU's start only: however QEMU ends,
/// nothing is left of it.
class SwapDisk {
 public:
  explicit SwapDisk(std::filesystem::path path) : path_(std::move(path)) {}
  SwapDisk(const SwapDisk&) = delete;
  SwapDisk& operator=(const SwapDisk&) = delete;
  SwapDisk(SwapDisk&&) = delete;
  SwapDisk& operator=(SwapDisk&&) = delete;
  ~SwapDisk();

  /// Error: infrastructure, names the path. No size, no file.
  [[nodiscard]] Status make(Bytes size);

 private:
  std::filesystem::path path_;
  bool made_ = false;
};

}  // namespace assay::machine
