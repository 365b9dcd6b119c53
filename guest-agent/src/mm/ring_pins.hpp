// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"
#include "mm/mapping.hpp"

#include <linux/io_uring.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace assay::agent {

/// Long-term writable GUP pins on memory of the process, as io_uring's registered buffers hold them. They
/// outlive the mapping. One thread at a time, but release() may come from another than the last.
class RingPins {
 public:
  static constexpr std::size_t most = 16'384;

  /// Throws WorkloadSkip when this kernel has no io_uring.
  RingPins();

  /// Pins all pages that the buffers touch; at most `most` of them, and once. Throws.
  void pin(const std::vector<iovec>& buffers);
  /// Takes the pins away. Throws.
  void release() const;

  /// Writes to the beginning of a buffer through its pins, whatever is mapped there now. Throws.
  void store(std::size_t buffer, std::span<const std::byte> bytes);
  /// Reads from the beginning of a buffer through its pins. Throws.
  void load(std::size_t buffer, std::span<std::byte> bytes);

 private:
  void map_rings();
  void transfer(std::uint8_t operation, std::size_t buffer, std::size_t size);
  [[nodiscard]] std::uint32_t& ring_word(std::uint32_t offset) const;

  io_uring_params parameters_{};
  UniqueFd ring_;
  UniqueFd scratch_;
  Mapping rings_;
  Mapping entries_;
  std::vector<iovec> buffers_;
};

}  // namespace assay::agent
